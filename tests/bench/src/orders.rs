//! The orders of a database: the many that are there from the beginning, and those laid ready for a leg.

use crate::{
    Outcome,
    operation::Operation,
    postgres::Postgres,
    world::{self, COMMUNITIES, HOME, People, RESIDENTS, World, sql_id, uuids},
};
use std::thread;

/// How many orders one statement of the load makes.
const PART: u64 = 250_000;

/// Fills the tables as two sessions at once, without the indexes that can be made faster afterwards, and without looking who
/// refers to whom. All of it is logged and durable like any other change.
pub(crate) fn load(postgres: &Postgres, database: &str, people: &People, orders: u64, first: u64, step: u64) -> Outcome {
    const ROOM: &str = "SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'; ";
    let sql = |statements: &str| postgres.sql(database, &format!("{ROOM}{statements}"));
    let made = sql("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN ('orders'::regclass, 'events'::regclass)
        AND NOT indisprimary ORDER BY indrelid")?;
    sql(
        "DO $$ DECLARE i regclass; BEGIN FOR i IN SELECT indexrelid FROM pg_index
        WHERE indrelid IN ('orders'::regclass, 'events'::regclass) AND NOT indisprimary LOOP EXECUTE 'DROP INDEX ' || i; END LOOP; END $$",
    )?;
    // Fewer checkpoints while it lasts.
    postgres.sql("postgres", "ALTER SYSTEM SET max_wal_size = '4GB'")?;
    postgres.sql("postgres", "SELECT pg_reload_conf()")?;
    let part = |n| rows(people, n * PART + 1, orders.min((n + 1) * PART), first, step);
    let parts: Vec<_> = (0..orders.div_ceil(PART)).map(part).collect();
    let indexes: Vec<_> = made.lines().map(str::to_owned).collect();
    let by_two = |jobs: &[String]| -> Outcome {
        let half = |n| jobs.iter().skip(n).step_by(2).try_for_each(|job| sql(job).map(|_| ()));
        thread::scope(|scope| {
            let other = scope.spawn(|| half(1));
            half(0)?;
            other.join().map_err(|_panic| "the load broke off")?
        })
    };
    by_two(&parts)?;
    by_two(&indexes)?;
    postgres.sql(database, "VACUUM ANALYZE")?;
    postgres.sql("postgres", "ALTER SYSTEM RESET max_wal_size")?;
    postgres.sql("postgres", "SELECT pg_reload_conf()")?;
    sql("CHECKPOINT").map(|_| ())
}

/// Some of the orders: seven in ten are closed, the rest spread over the open states; half of those with a deadline have
/// missed it; one taker in 64 is real. And two events for each.
fn rows(people: &People, from: u64, to: u64, first: u64, step: u64) -> String {
    let (id, residents, taker) = (sql_id(&format!("{first} + n * {step}"), "n"), uuids(&people.residents), &people.takers[0].id);
    format!(
        "WITH made AS (INSERT INTO orders (id, number, version, state, region_code, item_id, priority, channel, title, content, requester_id, placed_by,
            dispatch_mode, lead_kind, lead_id, assistant_count, finish_limit, finish_by, due_at, rework_count, result, answer, completed_by,
            score, tags, evaluated_at, created_at, updated_at, accepted_at, completed_at, closed_at)
        SELECT {id}, upper(lpad(to_hex(n * 2654435761 & 4294967295), 8, '0')) || '-LOADED', CASE state WHEN 'closed' THEN 7 ELSE 3 END,
            state, region, item, 'normal', 'mini_program', '楼道灯不亮', '3单元2楼的灯坏了三天,老人上下楼不安全,希望社区能尽快安排人来修一下。', requester, requester,
            CASE WHEN led THEN 'assign' END, CASE WHEN led THEN 'person' END, CASE WHEN led THEN taker END, 0,
            '3 working_days', at + interval '3 days',
            CASE WHEN state IN ('triaged', 'dispatched', 'accepted') THEN CASE WHEN h % 2 = 0 THEN at ELSE now() + interval '1 year' END END, 0,
            CASE WHEN done THEN 'solved' END, CASE WHEN done THEN '已更换灯泡,并检查了整个单元。' END, CASE WHEN done THEN taker END,
            CASE WHEN state = 'closed' THEN 5 END, CASE WHEN state = 'closed' THEN '[\"及时\"]' END, CASE WHEN state = 'closed' THEN at END,
            at, at, CASE WHEN led AND state <> 'dispatched' THEN at END, CASE WHEN done THEN at END, CASE WHEN state = 'closed' THEN at END
        FROM (SELECT n, h, at, state, state IN ('dispatched', 'accepted', 'completed', 'closed') AS led, state IN ('completed', 'closed') AS done,
                communities[1 + h / 64 % {COMMUNITIES}] AS region, {residents}[1 + h / 8 % {RESIDENTS}] AS requester, item,
                CASE WHEN h % 64 = 0 THEN '{taker}' ELSE md5((h % 64)::text)::uuid END AS taker
            FROM (SELECT n, (hashint8(n)::bigint & 2147483647) AS h, to_timestamp(({first} + n * {step}) / 1000.0) AS at
                    FROM generate_series({from}::bigint, {to}::bigint) n) g,
                LATERAL (SELECT coalesce((ARRAY['placed', 'triaged', 'dispatched', 'accepted', 'accepted', 'completed'])[1 + h / 640 % 20],
                    'closed') AS state) s,
                (SELECT array_agg(code ORDER BY code <> {HOME}, code) AS communities FROM regions
                    WHERE level = 'community' AND code / 1000000 = 321182) c,
                (SELECT id AS item FROM service_items WHERE code = 'B-1-1') i) rows
        RETURNING id, region_code, requester_id, created_at, state)
        INSERT INTO events (type, subject_id, subject_version, region_code, actor_id, at, data)
        SELECT 'order.placed', id, 1, region_code, requester_id, created_at,
            '{{\"to\":\"placed\",\"number\":\"20251122-K7Q2M4C\",\"channel\":\"mini_program\",\"on_behalf\":false}}' FROM made
        UNION ALL SELECT 'order.closed', id, 7, region_code, requester_id, created_at, '{{\"from\":\"evaluated\",\"to\":\"closed\"}}'
            FROM made WHERE state = 'closed'"
    )
}

impl World {
    /// Orders that wait for the operation, as a statement: in the pool, or assigned to the takers in turn, or accepted by them.
    /// Their ids begin with `base`.
    pub(crate) fn ready(&self, operation: Operation, base: u64, count: u64) -> String {
        let led = format!("'assign', 'person', {}[1 + k % {}]", self.people.takers_sql(), self.people.taker_count());
        let (state, standing) = match operation {
            Operation::Claim => ("dispatched", "'pool', NULL, NULL::uuid, NULL::timestamptz".to_owned()),
            Operation::Complete => ("accepted", format!("{led}, now()")),
            _ => ("dispatched", format!("{led}, NULL::timestamptz")),
        };
        format!(
            "INSERT INTO orders (id, number, version, state, region_code, item_id, priority, channel, title, content, requester_id, placed_by,
                dispatch_mode, lead_kind, lead_id, accepted_at, assistant_count, finish_limit, finish_by, due_at, rework_count, created_at, updated_at)
            SELECT {id}, to_hex(k * 2654435761 & 4294967295) || '-{base}', 3, '{state}', {HOME},
                (SELECT id FROM service_items WHERE code = 'B-1-1'), 'normal', 'mini_program', '楼道灯不亮',
                '3单元2楼的灯坏了三天,老人上下楼不安全。', resident, resident, {standing}, 0, '3 working_days', at, at, 0, now(), now()
            FROM (SELECT k, now() + interval '3 days' AS at, {residents}[1 + k % {RESIDENTS}] AS resident
                FROM generate_series(0, {count}::bigint - 1) k) g",
            id = sql_id(&format!("{base}::bigint"), "k"),
            residents = uuids(&self.people.residents),
        )
    }

    /// The number of the newest event.
    pub(crate) fn last_event(&self, postgres: &Postgres) -> Outcome<String> {
        postgres.sql(&self.database, "SELECT coalesce(max(seq), 0) FROM events")
    }

    /// Takes away what was written since `base`, so that the next leg finds the tables as this one did.
    pub(crate) fn sweep(&self, postgres: &Postgres, base: u64, last_event: &str) -> Outcome {
        // Without looking who refers to each: nobody does, and there is no index for that.
        let statements = format!(
            "SET session_replication_role = replica; DELETE FROM orders WHERE id >= '{first}'; DELETE FROM events WHERE seq > {last_event}; \
             TRUNCATE idempotency_keys",
            first = world::id(base, 0)
        );
        postgres.sql(&self.database, &statements)?;
        postgres.sql(&self.database, "VACUUM orders, events").map(|_| ())
    }
}
