-- Where several sources compete, a row whose price changed is settled all over again.
insert into keys_usage select row_key from keys_recost where row_key not in (select row_key from keys_usage);
delete from keys_recost
;
