//! The floor of HTTP: actix answering an empty 200, in a process of its own. What an operation costs above this is Linli's.

use crate::Outcome;
use actix_web::{App, HttpResponse, HttpServer, rt, web};
use std::{
    io,
    net::Ipv4Addr,
    process,
    thread::{self, available_parallelism},
};

/// Serves until its input ends, with as many threads as Linli has; says first where.
pub(crate) fn serve() -> Outcome {
    rt::System::new().block_on(async {
        let server = HttpServer::new(|| App::new().default_service(web::to(HttpResponse::Ok)))
            .workers(available_parallelism()?.get())
            .bind((Ipv4Addr::LOCALHOST, 0))?;
        println!("{}", server.addrs()[0]);
        thread::spawn(|| {
            // However the input ends, nobody is there any more.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            process::exit(0);
        });
        Ok(server.run().await?)
    })
}
