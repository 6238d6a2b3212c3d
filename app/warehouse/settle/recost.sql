-- Rows that nothing touches but a price or a rate keep what their run and the rules gave them.
-- in: keys_recost, keys_usage. out: both, keys_recost without the rows that are settled all over again.
delete from keys_recost
where row_key in (select row_key from keys_usage)
;
insert into keys_usage select row_key from keys_recost;
