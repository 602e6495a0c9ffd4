SELECT id, md5(t), length(t) FROM texts ORDER BY id
-- 1 | d41d8cd98f00b204e9800998ecf8427e | 0
-- 2 | ∅ | ∅
-- 3 | 44d0dc437936b13f7cea2f77053806bd | 2
-- 4 | 78509bb5aa3bf8db1098d02b2e0aed7b | 9
-- 5 | a1391b944679ff1e89bd430ec32fc7f3 | 2
-- 6 | 2fd71de90be94945336c70de47d41c76 | 2
-- 7 | d5816f35916d1d9482fb0f1ec201101d | 100000
-- 8 | 34108a1de72da2936b9c6c2f938e6416 | 17

SELECT id, f::text, g::text, n::text, m::text, i::text, d::text, extract(epoch FROM z)::text, b::text FROM numbers ORDER BY id
-- 1 | NaN | -Infinity | NaN | $12.34 | 1 year -2 days +03:04:05.6 | infinity | -Infinity | \x00
-- 2 | 0.30000000000000004 | 0.1 | 0.000000000000000000000000000001 | -$5.00 | -1 mons | 4713-01-01 BC | 1679790600.000001 | \xdeadbeef

SELECT count(*) FROM empty_one
-- 0

SELECT count(*) FROM no_columns
-- 2
