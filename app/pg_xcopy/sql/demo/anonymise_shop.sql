-- Before and after of anonymise:shop. A column that was left out is no error: the row's jsonb has no such key, which gives NULL.
SELECT 3 * id + field AS place, 'user ' || id AS subject, what, value
FROM (SELECT id, to_jsonb(users) AS data FROM users WHERE id IN (1, 2, 3)) AS people
CROSS JOIN LATERAL (
    VALUES (1, 'email', data ->> 'email'), (2, 'full_name', data ->> 'full_name'), (3, 'phone', data ->> 'phone')
) AS fields (field, what, value)
UNION ALL
SELECT 100, 'address ' || id, 'street', street FROM addresses WHERE id = 1
UNION ALL
SELECT 200, 'payment ' || id, 'card_last4', to_jsonb(payments) ->> 'card_last4' FROM payments WHERE id = 1
ORDER BY place
