-- `batch score` keeps a row for each customer and model version; a shop looks up the newest.
CREATE VIEW newest_segments AS
SELECT DISTINCT ON (customer_id) customer_id, segment
FROM customer_segments
ORDER BY customer_id, scored_at DESC;
