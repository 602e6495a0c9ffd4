"""No spelling of a secret gets past the mask."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pg_xcopy.manifest.secrets.masking import masked, spellings
from pg_xcopy.planning.wording import flat
from pg_xcopy.sql.quoting import literal

SECRETS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=3).map(
    lambda text: f"§1{text}§2"  # no word of ours, whatever is generated
)

QUOTED = '"body"'


@given(SECRETS, st.booleans())
def test_every_spelling_is_masked(secret, plain):
    sql = f"md5({'body' if plain else QUOTED} || {literal(secret)})"
    data = {
        "sql": sql,
        "flat": flat(sql),
        "raw": [f"'{secret}'"],
        "repr": repr(sql),
        "json": json.dumps(sql),
        "rows": 3,
    }

    shown = masked(data, spellings(secret))

    assert "§" not in json.dumps(shown, ensure_ascii=False)
    assert "\\u00a7" not in shown["json"]
    assert shown["rows"] == 3


def test_what_stands_around_it_stays():
    assert masked("md5(body || 'pepper')", spellings("pepper")) == "md5(body || '***')"


def test_what_is_too_short_would_mask_everything():
    assert spellings("id") == frozenset()
