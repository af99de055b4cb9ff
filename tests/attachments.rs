//! Files: what is taken, what comes back, who gets at it.

use crate::orders;
use chrono::Duration;
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use services::order::State;
use std::io::Cursor;
use testkit::{Client, Method, Reply, World};

/// A form as `wx.uploadFile` sends it.
pub(crate) fn form(boundary: &str, name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nrepair\r\n--{boundary}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), file, format!("\r\n--{boundary}--\r\n").as_bytes()].concat()
}

/// A JPEG that says where it was taken, and that it lies on its side.
pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut plain = Vec::new();
    DynamicImage::new_rgb8(width, height).write_to(&mut Cursor::new(&mut plain), ImageFormat::Jpeg).unwrap();
    // TIFF, big endian, one entry: orientation 6 (turn right); then what stands for a position.
    let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let exif = [&b"Exif\0\0"[..], tiff, b"GPSLatitude 32.2370"].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], b"\xff\xe1", &length, &exif, &plain[2..]].concat()
}

async fn upload(by: &Client, file: &[u8]) -> Reply {
    by.post("/attachments").body("multipart/form-data; boundary=abc", form("abc", "x.html", file)).send().await
}

async fn uploaded(by: &Client) -> String {
    upload(by, &photo(4, 2)).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn fetch(world: &World, link: &Value) -> Reply {
    world.nobody().request(Method::GET, link.as_str().unwrap()).send().await
}

/// A PNG that says that it is this large, and has no more to say.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut small = Vec::new();
    DynamicImage::new_luma8(1, 1).write_to(&mut Cursor::new(&mut small), ImageFormat::Png).unwrap();
    small[16..20].copy_from_slice(&width.to_be_bytes());
    small[20..24].copy_from_slice(&height.to_be_bytes());
    // The checksum of the header, so that it is its size that is refused.
    let crc = small[12..29]
        .iter()
        .fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xedb8_8320 } else { c >> 1 }));
    small[29..33].copy_from_slice(&(!crc).to_be_bytes());
    small
}

testkit::on_both! {
    async fn a_photo_is_drawn_anew_and_fetched_by_a_link_of_ten_minutes(world: World) {
        let zhang = world.person("zhang");
        let made = upload(&zhang, &photo(600, 300)).await.expect(201);
        // Turned upright.
        assert_eq!((&made["media_type"], &made["width"], &made["height"]), (&json!("image/jpeg"), &json!(300), &json!(600)));
        assert_eq!((&made["purpose"], made.get("part")), (&json!("repair"), None));
        let id = made["id"].as_str().unwrap();
        let links = zhang.get(format!("/attachments/{id}")).send().await.expect(200)["links"].clone();
        let reply = fetch(&world, &links["original"]).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(!reply.bytes.windows(3).any(|w| w == b"GPS") && !reply.bytes.windows(4).any(|w| w == b"Exif"));
        assert_eq!(image::load_from_memory(&reply.bytes).unwrap().width(), 300);
        assert_eq!(reply.header("content-type"), "image/jpeg");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("content-disposition"), format!("attachment; filename=\"{id}.jpeg\""));
        assert!(reply.header("content-security-policy").starts_with("sandbox") && reply.header("set-cookie").is_empty());
        let thumbnail = fetch(&world, &links["thumbnail"]).await;
        assert_eq!(image::load_from_memory(&thumbnail.bytes).unwrap().height(), 480);
        let part = world.nobody().request(Method::GET, links["original"].as_str().unwrap()).header("range", "bytes=0-1").send().await;
        assert_eq!((part.status, part.bytes.as_slice(), part.header("content-range").starts_with("bytes 0-1/")), (206, &[0xff, 0xd8][..], true));

        // A link is for one file in one form until one moment.
        let link = links["original"].as_str().unwrap();
        let other = uploaded(&zhang).await;
        for wrong in [
            link.replace("original", "thumbnail"),
            link.replace(id, &other),
            link.replace("expires=1", "expires=2"),
            link[..link.len() - 1].to_owned() + if link.ends_with('0') { "1" } else { "0" },
        ] {
            world.nobody().request(Method::GET, wrong).send().await.refused(403, "link_invalid");
        }
        world.later(Duration::minutes(10));
        fetch(&world, &links["original"]).await.refused(403, "link_invalid");
    }

    async fn what_lies_about_itself_is_refused(world: World) {
        let zhang = world.person("zhang");
        for file in [&b"<svg onload='alert(1)'>"[..], b"<!doctype html><script>", b"PK\x03\x04zip", b"\x7fELF", b"MZ", b"#!/bin/sh"] {
            upload(&zhang, file).await.refused(422, "attachment_type_refused");
        }
        for file in [&b"\xff\xd8\xff\xe0 no picture"[..], b"\x89PNG\r\n\x1a\nxx", b"GIF89a<script>", b"RIFF\0\0\0\0WEBPxxxx", b"\0\0\0\x18ftypisom"] {
            upload(&zhang, file).await.refused(422, "attachment_unreadable");
        }
        upload(&zhang, &bomb(50_000, 50_000)).await.refused(422, "attachment_pixels_exceeded");
        upload(&zhang, &bomb(19_000, 19_000)).await.refused(422, "attachment_pixels_exceeded");
        upload(&zhang, &vec![0xff; (10 << 20) + 1]).await.refused(413, "body_too_large");
        upload(&zhang, &vec![0xff; 12 << 20]).await.refused(413, "body_too_large");
        upload(&zhang, b"").await.refused_fields(&[("#/file", "field_missing")]);
        let post = |kind: &str, body: &[u8]| zhang.post("/attachments").body(kind, body);
        post("application/json", b"{}").send().await.refused(415, "form_expected");
        post("multipart/form-data", b"x").send().await.refused(400, "form_malformed");
        post("multipart/form-data; boundary=abc", b"--abc\r\nxx").send().await.refused(400, "form_malformed");
        let unknown = String::from_utf8_lossy(&form("abc", "x", b"%PDF-1.4 %%EOF")).replace("\"purpose\"", "\"role\"").into_bytes();
        post("multipart/form-data; boundary=abc", &unknown).send().await.refused_fields(&[("#/role", "field_unknown")]);
        assert_eq!(upload(&zhang, b"%PDF-1.4\n%%EOF\n").await.expect(201)["media_type"], "application/pdf");
    }

    async fn the_same_upload_with_the_same_key_is_one_file(world: World) {
        let zhang = world.person("zhang");
        let post = |boundary: &str, file: &[u8]| {
            let kind = format!("multipart/form-data; boundary={boundary}");
            zhang.post("/attachments").body(&kind, form(boundary, "x.jpg", file)).key("photo-1")
        };
        let photo = photo(4, 4);
        let first = post("first", &photo).send().await.expect(201);
        let again = post("second", &photo).send().await;
        assert_eq!((again.expect(201), again.header("idempotency-replayed")), (first, "true"));
        post("third", b"%PDF-1.4 %%EOF").send().await.refused(422, "idempotency_key_reused");
    }

    async fn a_file_is_its_uploaders_until_an_order_has_it(world: World) {
        let [zhang, li, wang, he, chen] = ["zhang", "li", "wang", "he", "chen"].map(|name| world.person(name));
        let (id, of_li) = (uploaded(&zhang).await, uploaded(&li).await);
        let at = |id: &str| format!("/attachments/{id}");
        li.get(at(&id)).send().await.refused(404, "attachment_not_found");
        let order = |ids: &[&str]| {
            let mut lamp = orders::lamp();
            lamp["attachment_ids"] = json!(ids);
            lamp
        };
        // Somebody else's, none at all, and the same twice are one thing; nothing is placed then, and nothing used.
        for (ids, n) in [(vec![id.as_str(), &of_li], 1), (vec!["019aa1c2-0000-7000-8000-000000000001"], 0), (vec![&id, &id], 1)] {
            let problem = zhang.post("/orders").json(order(&ids)).send().await.refused(422, "attachment_unknown");
            assert_eq!(problem["errors"][0]["pointer"], format!("#/attachment_ids/{n}"));
        }
        assert_eq!(zhang.get("/orders").send().await.expect(200)["items"], json!([]));
        let placed = zhang.post("/orders").json(order(&[&id])).send().await.expect(201);
        assert_eq!((&placed["attachments"][0]["id"], &placed["attachments"][0]["part"]), (&json!(id), &json!("request")));
        let path = format!("/orders/{}", placed["id"].as_str().unwrap());
        zhang.post("/orders").json(order(&[&id])).send().await.refused(422, "attachment_unknown");
        zhang.delete(at(&id)).send().await.refused(404, "attachment_not_found");

        // Whoever sees the contact sees the file: the requester and the dispatcher, not an auditor, not a neighbour.
        for (by, seen) in [(&zhang, true), (&wang, true), (&he, false)] {
            assert_eq!(by.get(&path).send().await.expect(200)["attachments"].is_array(), seen);
            assert_eq!(by.get(at(&id)).send().await.status, if seen { 200 } else { 404 });
        }
        for by in [&li, &chen] {
            by.get(at(&id)).send().await.refused(404, "attachment_not_found");
            by.get(format!("{path}/attachments")).send().await.refused(404, "order_not_found");
        }
        he.get(format!("{path}/attachments")).send().await.refused(403, "permission_missing");
        let listed = wang.get(format!("{path}/attachments")).send().await.expect(200);
        assert_eq!(fetch(&world, &listed["items"][0]["links"]["original"]).await.status, 200);
    }

    async fn progress_and_evidence_come_with_photos(world: World) {
        let (zhang, chen) = (world.person("zhang"), world.person("chen"));
        let order = orders::at(&world, State::InProgress).await;
        let path = format!("/orders/{}", order["id"].as_str().unwrap());
        for (step, mut body, part) in [
            ("progress", json!({ "note": "灯已拆下" }), "progress"),
            ("complete", json!({ "result": "solved", "answer": "已换新灯" }), "evidence"),
        ] {
            let id = uploaded(&chen).await;
            body["attachment_ids"] = json!([id]);
            let after = chen.post(format!("{path}/{step}")).json(body).send().await.expect(200);
            let last = after["attachments"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&last["id"], &last["part"]), (&json!(id), &json!(part)));
        }
        assert_eq!(zhang.get(&path).send().await.expect(200)["attachments"].as_array().unwrap().len(), 2);
        let events = zhang.get(format!("{path}/events?limit=100")).send().await.expect(200);
        let with: Vec<_> = events["items"].as_array().unwrap().iter().filter(|e| e["data"]["attachment_ids"].is_array()).collect();
        assert_eq!(with.len(), 2);
    }

    async fn what_nobody_uses_is_gone_after_a_day(world: World) {
        let zhang = world.person("zhang");
        let (unused, deleted) = (uploaded(&zhang).await, uploaded(&zhang).await);
        let mut lamp = orders::lamp();
        let used = uploaded(&zhang).await;
        lamp["attachment_ids"] = json!([used]);
        zhang.post("/orders").json(lamp).send().await.expect(201);
        let links = |id: &str| zhang.get(format!("/attachments/{id}"));
        let link = links(&deleted).send().await.expect(200)["links"]["original"].clone();
        assert_eq!(zhang.delete(format!("/attachments/{deleted}")).send().await.status, 204);
        fetch(&world, &link).await.refused(404, "attachment_not_found");
        world.later(Duration::hours(23));
        assert_eq!(files::purge(&world.files(), &world.cx()).await.unwrap(), 0);
        world.later(Duration::hours(2));
        assert_eq!(files::purge(&world.files(), &world.cx()).await.unwrap(), 1);
        links(&unused).send().await.refused(404, "attachment_not_found");
        let link = links(&used).send().await.expect(200)["links"]["original"].clone();
        assert_eq!(fetch(&world, &link).await.status, 200);
    }
}

/// So many a day, and the next day as many again.
#[test]
fn an_account_uploads_so_many_a_day() {
    let limits = files::Limits { per_day: 2, ..files::Limits::default() };
    let settings = api::Settings { file_limits: limits, ..api::Settings::default() };
    testkit::run_with(testkit::Backend::Sqlite, settings, async |world: World| {
        let zhang = world.person("zhang");
        for _ in 0..2 {
            uploaded(&zhang).await;
        }
        upload(&zhang, &photo(2, 2)).await.refused(429, "attachment_quota_reached");
        uploaded(&world.person("li")).await;
        world.later(Duration::hours(25));
        uploaded(&zhang).await;
    });
}
