"""The four example jobs as a Python file, for when a manifest should be computed.

pg-xcopy takes it wherever it takes YAML: `pg-xcopy run pg_xcopy_jobs.py`. By its name it is also what the
short form looks for: `pg-xcopy "tenant:*"`. None means what null means in YAML.
"""

import os

# Other than in YAML, ${…} has no meaning here: Python reads the environment itself.
CONNECTIONS = {
    "source": {"url": os.environ.get("SOURCE_DB_URL"), "protected": True},
    "target": {"url": os.environ.get("TARGET_DB_URL")},
}

# Merged under every job.
DEFAULTS = {
    "source": {"database": "source", "schema": "shop"},
    "target": {"database": "target"},
}

OF_TENANT_USERS = "user_id IN (SELECT id FROM shop.users WHERE tenant_id = 7)"
OF_TENANT_ORDERS = "order_id IN (SELECT id FROM shop.orders WHERE tenant_id = 7)"
SHIFT = "(current_date - timestamp '2023-12-31')"
MOMENTS = ("created_at", "updated_at", "inserted_at", "paid_at", "shipped_at", "at")

JOBS = {
    "migrate:shop": {
        "target": {"schema": "shop_2023"},
        "tables": {
            "tenants": {},
            "categories": {},
            "users": {"where": {"created_at": {"gte": "2023-07-01"}}},
            "orders": {
                "where": {"created_at": {"gte": "2023-07-01"}, "status": ["paid", "shipped", "delivered"]},
            },
            "products": {"where": {"active": True}},
        },
    },
    "anonymise:shop": {
        "target": {"schema": "staging"},
        "exclude": ["audit log"],
        "tables": {
            "users": {
                "transform": {
                    "email": "'user' || id || '@example.com'",
                    "full_name": "'Test User ' || id",
                    "phone": None,
                },
            },
            "profiles": {"transform": {"bio": "''"}},
            "addresses": {"transform": {"street": "'Street ' || id", "postcode": "'00000'"}},
            "payments": {"transform": {"card_last4": None}},
            "*": {},
        },
    },
    "shift:events": {
        "target": {"schema": "shop_today"},
        "tables": {
            "*": {
                "transform": {
                    **{column: f"{column} + {SHIFT}" for column in MOMENTS},
                    "arrived_on": "arrived_on + (current_date - date '2023-12-31')",
                    "during": f"tsrange(lower(during) + {SHIFT}, upper(during) + {SHIFT})",
                },
            },
        },
    },
    "tenant:extract": {
        "target": {"schema": "tenant_7"},
        "strict": True,
        "tables": {
            "*": {"where": {"tenant_id": 7}},
            "tenants": {"where": {"id": 7}},
            "categories": {},
            "profiles": {"where": OF_TENANT_USERS},
            "order_items": {"where": OF_TENANT_ORDERS},
            "shipments": {"where": OF_TENANT_ORDERS},
            "reviews": {"where": OF_TENANT_ORDERS},
        },
    },
}
