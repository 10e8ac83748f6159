-- A small shop: what the examples and the experiments ask for. SQLite and PostgreSQL both
-- take it as it is.
BEGIN;
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    price INTEGER NOT NULL
);
INSERT INTO item (id, name, kind, price)
    WITH RECURSIVE number (n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000
    )
    SELECT n, 'item ' || n,
           CASE n % 4 WHEN 0 THEN 'book' WHEN 1 THEN 'cup' WHEN 2 THEN 'lamp'
                      ELSE 'shoe' END,
           100 + n * 7919 % 9900
    FROM number;
CREATE INDEX item_name ON item (name);
COMMIT;
