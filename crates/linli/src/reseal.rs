//! `linli reseal`: seals with the newest vault key what older keys have sealed. Servers may run meanwhile; it can be stopped at any
//! point and started again. Once nothing is left, the database needs the older keys no more, and they can go.

use crate::{
    serve,
    settings::Settings,
    terminal::{Fault, Outcome, say},
};
use files::Files;
use kernel::{Core, Cx, sealed};

/// Rounds over everything: what is written meanwhile by a server that has not been restarted yet is found by the next.
const ROUNDS: usize = 3;

/// What to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Reseal {
    /// Count what older keys have sealed, change nothing
    #[arg(long)]
    check: bool,
}

/// Seals, or counts, and prints what came of it.
pub(crate) async fn run(core: &Core, settings: &Settings, command: &Reseal) -> Outcome {
    let files = Files::open(&serve::storage(settings), files::Limits::default())?;
    let cx = Cx::system(core.clone());
    if command.check {
        let left = left(core, &cx, &files, true).await?;
        return say(&format!("{left} values are sealed with older keys\n"));
    }
    let (mut done, mut broken) = (0, 0);
    for round in 0..ROUNDS {
        broken = 0;
        let before = done;
        for column in api::sealed_columns() {
            let name = format!("{}.{}", column.table, column.column);
            let some = sealed::reseal(core, &column, |count| eprintln!("{name}: {count}")).await?;
            (done, broken) = (done + some.done, broken + some.broken);
        }
        let some = files::reseal(&files, &cx, |count| eprintln!("files: {count}")).await?;
        (done, broken) = (done + some.done, broken + some.broken);
        if done == before || (round > 0 && broken > 0) {
            break;
        }
    }
    crate::database::reseal_sample(core).await?;
    let left = left(core, &cx, &files, false).await?;
    say(&format!("sealed {done} values anew; {left} are left\n"))?;
    if broken > 0 {
        return Err(Fault(format!("{broken} values do not open: their keys are missing, or they were changed; the log names their rows")));
    }
    if left > 0 {
        return Err(Fault("a server still seals with an older key: restart it, then run this again".to_owned()));
    }
    sealed::retire(core).await?;
    say("nothing needs the older keys any more: once all servers have been restarted with the new one, they can be taken out\n")
}

async fn left(core: &Core, cx: &Cx, files: &Files, tell: bool) -> Outcome<u64> {
    let mut all = 0;
    for column in api::sealed_columns() {
        let count = sealed::left(core, &column).await?;
        if tell && count > 0 {
            say(&format!("{}.{}: {count}\n", column.table, column.column))?;
        }
        all += count;
    }
    let count = files::older(files, cx).await?;
    if tell && count > 0 {
        say(&format!("files: {count}\n"))?;
    }
    Ok(all + count)
}
