"""The containers of the chart at work: their arguments, variables and manifest, with the real command and servers."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
import yaml
from charts import CHART, CHECKOUT, containers, render, run_container, tool

import pg_xcopy
from pg_xcopy.cli.commands import run

pytest.importorskip("helm_python")

TABLES = """
    CREATE TABLE users (id int PRIMARY KEY, email text, phone text);
    INSERT INTO users SELECT n, 'mail' || n, '0' || n FROM generate_series(1, 3) n;
    CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
    INSERT INTO orders VALUES (1, 1), (2, 3);
"""


def run_all(run_cli, rendered, pod, secrets, directory):
    """Run the containers of a pod one after the other, as a kubelet does; give the last one's end, and all codes."""
    directory.mkdir()
    codes = []
    for container in containers(pod):
        done = run_container(run_cli, rendered, pod, container, secrets=secrets, directory=directory)
        codes.append(done.code)
        if done.code:
            break
    return done, codes


def test_a_job_that_runs_once_copies_what_its_patterns_name(pair, run_cli, tmp_path):
    source, target = pair(TABLES, "")
    rendered = render((CHART / "ci" / "once-values.yaml").read_text(encoding="utf-8"))
    secrets = {"databases": {"source": source.url, "target": target.url}}
    done, codes = run_all(run_cli, rendered, rendered.one("Job")["spec"]["template"], secrets, tmp_path / "pod")
    assert codes == [0, 0], done.stderr
    assert target.rows("SELECT id, phone FROM app.users ORDER BY id") == [(1, "01"), (2, "02"), (3, "03")]
    assert target.value("SELECT count(*) FROM app.orders") == 2
    assert target.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'never'") == []


def test_warnings_count_as_failure_and_are_not_tried_again(pair, run_cli, tmp_path):
    """Exit code 3, which the pod failure policy knows."""
    source, target = pair(TABLES, "CREATE TABLE gone (id int)")
    rendered = render((CHART / "ci" / "once-values.yaml").read_text(encoding="utf-8"))
    secrets = {"databases": {"source": source.url, "target": target.url}}
    job = rendered.one("Job")["spec"]
    done, codes = run_all(run_cli, rendered, job["template"], secrets, tmp_path / "pod")
    assert codes == [0, 3], done.stderr
    assert codes[-1] in job["podFailurePolicy"]["rules"][1]["onExitCodes"]["values"]


def test_the_cronjob_of_the_readme_of_the_project_runs_every_night(source_db, target_db, run_cli, tmp_path):
    """Twice, as it does: the second run replaces what the first one made."""
    source_db.execute(TABLES)
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8").split("## On Kubernetes\n")[1]
    rendered = render(text.split("```yaml\n")[1].split("```")[0])
    secrets = {"databases": {"prod": source_db.url, "staging": target_db.url}}
    pod = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    for night in ("first", "second"):
        done, codes = run_all(run_cli, rendered, pod, secrets, tmp_path / night)
        assert codes == [0, 0], done.stderr
    assert target_db.rows("SELECT * FROM users ORDER BY id") == [(n, f"user{n}@example.com") for n in (1, 2, 3)]


def test_what_an_operator_sees_of_a_night_is_lines_of_json(source_db, target_db, run_cli, tmp_path):
    source_db.execute(TABLES)
    rendered = render((CHART / "ci" / "minimal-values.yaml").read_text(encoding="utf-8"))
    secrets = {"databases": {"source": source_db.url, "target": target_db.url}}
    pod = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    done, codes = run_all(run_cli, rendered, pod, secrets, tmp_path / "pod")
    assert codes == [0, 0], done.stderr
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"table_copied", "run_finished"} <= {each["event"] for each in events}
    assert events[-1]["event"] == "run_finished"


@pytest.fixture
def pushed():
    """A server on loopback: the port of a Pushgateway, and the groups that are pushed to it."""
    groups = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            groups.append(unquote(self.path))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], groups
        server.shutdown()


def test_the_metrics_of_a_run_reach_the_pushgateway(pushed, source_db, target_db, run_cli, tmp_path):
    port, groups = pushed
    source_db.execute(TABLES)
    values = yaml.safe_load((CHART / "ci" / "minimal-values.yaml").read_text(encoding="utf-8"))
    rendered = render({**values, "metrics": {"pushgateway": {"url": f"http://127.0.0.1:{port}"}}})
    secrets = {"databases": {"source": source_db.url, "target": target_db.url}}
    pod = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    done, codes = run_all(run_cli, rendered, pod, secrets, tmp_path / "pod")
    assert codes == [0, 0], done.stderr
    assert groups, "nothing was pushed"
    assert all("/job_name/refresh" in group for group in groups)


def test_each_variable_that_the_chart_sets_is_one_of_the_command():
    known = {option.envvar for option in run.params}
    rendered = render((CHART / "ci" / "everything-values.yaml").read_text(encoding="utf-8"))
    said = {each["name"] for _, pod in rendered.pods for container in containers(pod) for each in container["env"]}
    assert {name for name in said if name.startswith("PG_XCOPY_")} <= known


def test_a_url_from_a_secret_that_is_a_file(source_db, target_db, run_cli, tmp_path):
    source_db.execute("CREATE TABLE t AS SELECT 1 AS id")
    rendered = render("""
        jobs:
          copy:
            schedule: "@daily"
            secretFiles: [{secret: databases, mountPath: /run/secrets/databases}]
            manifest: |
              jobs:
                copy:
                  source: {database: "${file:/run/secrets/databases/source}"}
                  target: {database: "${file:/run/secrets/databases/target}", schema: copied}
                  tables: {"*": {}}
    """)
    secrets = {"databases": {"source": source_db.url, "target": target_db.url}}
    pod = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    done, codes = run_all(run_cli, rendered, pod, secrets, tmp_path / "pod")
    assert codes == [0, 0], done.stderr
    assert target_db.column("SELECT id FROM copied.t") == [1]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('database: "${SOURCE_DB_URL}", schema: app', "database: prod, schema: app", "no connection is called 'prod'"),
        ("tables: {users: {}, orders: {}}", "tables: {users: {}, users: {}}", "this key is written twice"),
    ],
)
def test_what_no_schema_can_refuse_ends_in_the_init_container(right, wrong, sentence, run_cli, tmp_path):
    text = (CHART / "ci" / "once-values.yaml").read_text(encoding="utf-8")
    assert right in text
    rendered = render(text.replace(right, wrong, 1))
    pod = rendered.one("Job")["spec"]["template"]
    secrets = {"databases": {"source": "postgresql://a/b", "target": "postgresql://c/d"}}
    done, codes = run_all(run_cli, rendered, pod, secrets, tmp_path / "pod")
    assert codes == [2], "the run itself is not begun, and not tried again"
    assert re.search(rf"jobs.yaml:\d+:\d+: jobs\.migrate\..*{sentence}", done.stderr)


def test_make_chart_checks_and_writes_each_of_the_values_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["chart.py", "check", "--output", str(tmp_path / "out")])
    tool.main()
    names = sorted(path.name.replace("-values", "") for path in tool.values_files())
    assert sorted(path.name for path in (tmp_path / "out").glob("*.yaml")) == names
    assert [path.name for path in (tmp_path / "out").glob("*.tgz")] == [f"pg-xcopy-{pg_xcopy.__version__}.tgz"]
    assert "everything-values.yaml: 9 objects" in capsys.readouterr().out
