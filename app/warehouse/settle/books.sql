-- Put the list prices in force in their place, and the models whose prices differ among the changed prices.
-- in: book_rows (what standing adoptions say, with their clock and number), base_rows (what was learned first).
-- out: list_prices, changed_prices.
create or replace temp table wanted_prices as
with

    newest as (

        select * exclude (clock, number)
        from book_rows
        qualify dense_rank() over (partition by provider_id, model_id, tier, utc_day order by clock desc, number desc) = 1

    ),

    first_learned as (

        select * exclude (clock, number)
        from base_rows
        qualify dense_rank() over (partition by provider_id, model_id, tier, utc_day order by number) = 1

    )

select *
from newest
union all
select first_learned.*
from first_learned
anti join newest using (provider_id, model_id, tier, utc_day);

create or replace temp table left_prices as
select list_prices.*
from list_prices
semi join wanted_prices using (provider_id, model_id, tier, utc_day);

-- The version alone moves no money: it is written anew, and no row is priced again for it.
insert into changed_prices by name
    select names.provider, names.model, differing.provider_id, differing.model_id
    from (
        select distinct provider_id, model_id
        from (
            (select * exclude (book) from wanted_prices except select * exclude (book) from left_prices)
            union all
            (select * exclude (book) from left_prices except select * exclude (book) from wanted_prices)
        )
    ) as differing
    join names on names.provider_id = differing.provider_id and names.model_id = differing.model_id;

delete from list_prices
where (provider_id, model_id, tier, utc_day) in (select (provider_id, model_id, tier, utc_day) from wanted_prices)
;
insert into list_prices from wanted_prices;
