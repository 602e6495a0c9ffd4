import os
from datetime import date

JOBS = {
    "export:users": {
        "source": {"database": os.environ["SOURCE_DB_URL"], "schema": "public"},
        "target": {"database": os.environ["TARGET_DB_URL"], "schema": "staging"},
        "tables": {
            "users": {"where": {"active": True}, "transform": {"email": "lower(email)", "last_login_ip": None}},
            "profiles": {
                "where": {"user_id": [1, 2, 3, 4], "inserted_at": {"lt": date(2021, 1, 1)}},
                "transform": {"inserted_at": "current_date"},
            },
        },
    }
}
