-- Records read = new + replaced + unchanged + rejected + skipped (accounting 2.5).
select
    import_id as place,
    rows_read
    || ' read, '
    || (rows_new + rows_replaced + rows_unchanged + rows_rejected + rows_skipped)
    || ' accounted for' as detail
from imports
where status <> 'failed' and rows_read <> rows_new + rows_replaced + rows_unchanged + rows_rejected + rows_skipped
