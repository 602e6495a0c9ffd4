-- Before and after of anonymise:shop. A column that is left out there is no error: jsonb has no such key, which is NULL.
SELECT 'user ' || id AS subject, what, value
FROM (SELECT id, to_jsonb(users) AS data FROM users WHERE id IN (1, 2, 3)) AS people
CROSS JOIN LATERAL (
    VALUES ('email', data ->> 'email'), ('full_name', data ->> 'full_name'), ('phone', data ->> 'phone')
) AS fields (what, value)
UNION ALL
SELECT 'address ' || id, 'street', street FROM addresses WHERE id = 1
UNION ALL
SELECT 'payment ' || id, 'card_last4', to_jsonb(payments) ->> 'card_last4' FROM payments WHERE id = 1
