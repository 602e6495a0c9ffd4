"use strict";
// All content is in the page; this sorts, searches, zooms and changes colours.

for (const each of document.querySelectorAll(".needs-script")) each.hidden = false;

// --- Theme: what the system says, until somebody chooses

const THEMES = ["system", "light", "dark"];
const themeButton = document.getElementById("theme");

function setTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  themeButton.querySelector("span").textContent = name;
}

function remembered() {
  try {
    return localStorage.getItem("pg-xcopy-theme");
  } catch {
    return null; // a page of a file, or in a sandbox, may have no storage
  }
}

function remember(name) {
  try {
    localStorage.setItem("pg-xcopy-theme", name);
  } catch {
    return; // then it holds for this page
  }
}

let theme = THEMES.includes(remembered()) ? remembered() : "system";
setTheme(theme);
themeButton.addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(theme);
  remember(theme);
});

// --- Tables: a button in each heading sorts by its column

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

function valueOf(cell) {
  const value = cell.dataset.value;
  if (value === undefined) return cell.textContent.trim();
  return value === "" ? null : Number(value);
}

function compare(one, other) {
  return typeof one === "number" && typeof other === "number" ? one - other : collator.compare(one, other);
}

function sortBy(table, column, descending) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row.cells[column]), row]);
  rows.sort(([one], [other]) => {
    if (one === null || other === null) return (one === null) - (other === null); // what is not known comes last
    return descending ? compare(other, one) : compare(one, other);
  });
  body.append(...rows.map(([, row]) => row));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const before = heading.getAttribute("aria-sort");
      const first = heading.classList.contains("number") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const now = before === first ? other : first;
      for (const each of headings) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", now);
      sortBy(table, column, now === "descending");
    });
  });
}

// --- Search: rows, list items or tables of the plan that have every word

for (const place of document.querySelectorAll(".finds")) {
  const input = place.querySelector(".search input");
  if (!input) continue;
  const said = place.querySelector(".search output");
  const items = [...place.querySelectorAll("tbody > tr, ul.found > li, details.found")].filter(
    (each) => !each.parentElement.closest(".found"),
  );
  const texts = items.map((each) => each.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    items.forEach((each, number) => {
      each.hidden = !words.every((word) => texts[number].includes(word));
      found += !each.hidden;
    });
    for (const topic of place.querySelectorAll("details.topic")) {
      topic.hidden = !topic.querySelector("li:not([hidden])");
      if (words.length && !topic.hidden) topic.open = true;
    }
    said.textContent = words.length ? `${found} of ${items.length}` : "";
  });
}

// --- A link to a table of the plan opens it

function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
openTarget();

// --- Diagrams: zoom, and one table with its neighbours

const SMALLEST = 0.15;
const [WIDTH, HEIGHT, COLUMN, ROW, MARGIN] = [200, 40, 290, 54, 16]; // as the drawing has them

class Drawing {
  constructor(details) {
    this.details = details;
    this.canvas = details.querySelector(".canvas");
    this.svg = details.querySelector("svg.drawing");
    this.boxes = [...this.svg.querySelectorAll(".box")];
    this.lines = [...this.svg.querySelectorAll(".lines path")];
    this.places = new Map(this.boxes.map((box) => [box, box.getAttribute("transform")]));
    this.paths = new Map(this.lines.map((line) => [line, line.getAttribute("d")]));
    const { width, height } = this.svg.viewBox.baseVal;
    this.whole = { width, height };
    this.view = this.whole;
    this.scale = 1;
  }

  zoom(scale) {
    this.scale = Math.min(4, Math.max(SMALLEST, scale));
    this.svg.setAttribute("width", Math.round(this.view.width * this.scale));
    this.svg.setAttribute("height", Math.round(this.view.height * this.scale));
  }

  fit(smallest = SMALLEST) {
    const { clientWidth } = this.canvas;
    if (clientWidth) this.zoom(Math.max(smallest, Math.min(1, clientWidth / this.view.width)));
  }

  // On a phone a whole drawing would be too small to read; there it is moved instead.
  settle() {
    this.fit(this.canvas.clientWidth < 600 ? 0.7 : SMALLEST);
  }

  look(view) {
    this.view = view;
    this.svg.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
    this.settle();
  }

  // Mark the tables whose names contain the words, and draw only these and their neighbours, if so wished.
  show(words, onlyNear) {
    const chosen = this.boxes.filter((box) => words !== "" && box.dataset.name.toLowerCase().includes(words));
    const numbers = new Set(chosen.map((box) => box.dataset.number));
    const strong = this.lines.filter(({ dataset }) => numbers.has(dataset.child) || numbers.has(dataset.parent));
    for (const box of this.boxes) box.classList.toggle("chosen", numbers.has(box.dataset.number));
    for (const line of this.lines) line.classList.toggle("strong", strong.includes(line));
    this.svg.classList.toggle("near-one", words !== "");
    this.details.hidden = words !== "" && !chosen.length;
    if (chosen.length) this.details.open = true;
    if (chosen.length && onlyNear) this.near(numbers, strong);
    else this.all();
    return chosen.length;
  }

  all() {
    for (const [box, place] of this.places) {
      box.setAttribute("transform", place);
      box.toggleAttribute("hidden", false);
    }
    for (const [line, path] of this.paths) {
      line.setAttribute("d", path);
      line.toggleAttribute("hidden", false);
    }
    this.look(this.whole);
  }

  // What the chosen refer to stands to their left, what refers to them to their right.
  near(numbers, strong) {
    const parents = new Set(strong.map((line) => line.dataset.parent).filter((number) => !numbers.has(number)));
    const children = new Set(strong.map((line) => line.dataset.child).filter((number) => !numbers.has(number)));
    const columns = [[], [], []];
    for (const box of this.boxes) {
      const { number } = box.dataset;
      const column = numbers.has(number) ? 1 : parents.has(number) ? 0 : children.has(number) ? 2 : -1;
      box.toggleAttribute("hidden", column < 0);
      columns[column]?.push(box);
    }
    const used = columns.filter((column) => column.length);
    const tallest = Math.max(...used.map((column) => column.length));
    const at = new Map();
    used.forEach((column, across) => column.forEach((box, down) => {
      const place = { x: MARGIN + across * COLUMN, y: MARGIN + ((tallest - column.length) * ROW) / 2 + down * ROW };
      box.setAttribute("transform", `translate(${place.x} ${place.y})`);
      at.set(box.dataset.number, place);
    }));
    for (const line of this.lines) {
      line.toggleAttribute("hidden", !strong.includes(line));
      if (strong.includes(line)) line.setAttribute("d", path(at.get(line.dataset.child), at.get(line.dataset.parent)));
    }
    this.look({ width: 2 * MARGIN + (used.length - 1) * COLUMN + WIDTH + 40, height: 2 * MARGIN + tallest * ROW });
  }
}

function path(child, parent) {
  const [right, middle] = [parent.x + WIDTH, HEIGHT / 2];
  const [y, end] = child === parent ? [child.y + 12, child.y + 28] : [child.y + middle, parent.y + middle];
  if (child.x > parent.x) return `M${child.x} ${y}C${child.x - 45} ${y} ${right + 45} ${end} ${right} ${end}`;
  return `M${child.x + WIDTH} ${y}C${child.x + WIDTH + 40} ${y} ${right + 40} ${end} ${right} ${end}`;
}

for (const place of document.querySelectorAll(".diagram")) {
  const drawings = [...place.querySelectorAll(".drawn")].map((each) => new Drawing(each));
  const input = place.querySelector(".tools input[type=search]");
  const onlyNear = place.querySelector(".tools input[type=checkbox]");
  const said = place.querySelector(".tools output");
  const show = () => {
    const words = input.value.trim().toLowerCase();
    const found = drawings.reduce((sum, each) => sum + each.show(words, onlyNear.checked), 0);
    said.textContent = words ? `${found} found` : "";
  };
  input.addEventListener("input", show);
  onlyNear.addEventListener("change", show);
  for (const drawing of drawings) {
    drawing.details.addEventListener("toggle", () => drawing.settle());
    drawing.settle();
    drawing.svg.addEventListener("click", (event) => {
      const box = event.target.closest(".box");
      input.value = box && input.value !== box.dataset.name ? box.dataset.name : "";
      show();
    });
    drawing.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      drawing.zoom(drawing.scale * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
    }, { passive: false });
  }
  place.querySelector(".zoom").addEventListener("click", (event) => {
    const how = event.target.dataset.zoom;
    for (const each of drawings) {
      if (how === "fit") each.fit();
      else if (how) each.zoom({ in: each.scale * 1.3, out: each.scale / 1.3, actual: 1 }[how]);
    }
  });
}
