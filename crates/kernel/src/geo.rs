//! Points and datums. Inside Linli every point is WGS-84; the datum is asked for at the door.
//!
//! WeChat, Tencent and Amap speak GCJ-02, Baidu BD-09; both are shifted by about half a
//! kilometre, which is more than the width of a grid. CGCS2000 equals WGS-84 within
//! centimetres and is kept only as a label. Constants and vectors: handbook 2, B.10.

use crate::error::{Code, Error};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The datum (坐标系) that a pair of coordinates is given in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// GPS, `GeoJSON`, Open311.
    #[default]
    Wgs84,
    /// 国家大地坐标系; equal to WGS-84 at the centimetre.
    Cgcs2000,
    /// 火星坐标系: `WeChat`, Tencent, Amap.
    Gcj02,
    /// 百度坐标系.
    Bd09,
}

/// A point as it comes in: longitude and latitude in degrees, and their datum.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Longitude (经度), degrees east.
    #[schema(minimum = -180, maximum = 180, example = 119.474_831)]
    pub lng: f64,
    /// Latitude (纬度), degrees north.
    #[schema(minimum = -90, maximum = 90, example = 32.196_036)]
    pub lat: f64,
    /// The datum (坐标系); `wgs84` unless told. `wx.chooseLocation` gives `gcj02`.
    #[serde(default)]
    pub datum: Datum,
}

/// A WGS-84 position: what the database stores.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    /// Degrees east.
    pub lng: f64,
    /// Degrees north.
    pub lat: f64,
}

impl Point {
    /// Checks the point and brings it to WGS-84.
    ///
    /// # Errors
    /// `point_outside_country` when it is no number or lies outside the box around China.
    pub fn to_wgs84(self) -> Result<Position, Error> {
        let outside = !self.lng.is_finite() || !self.lat.is_finite() || !in_box(self.lng, self.lat);
        if outside {
            return Err(Error::new(Code::PointOutsideCountry));
        }
        let (lng, lat) = match self.datum {
            Datum::Wgs84 | Datum::Cgcs2000 => (self.lng, self.lat),
            Datum::Gcj02 => invert(wgs_to_gcj, self.lng, self.lat),
            Datum::Bd09 => {
                let (lng, lat) = invert(gcj_to_bd, self.lng, self.lat);
                invert(wgs_to_gcj, lng, lat)
            }
        };
        Ok(Position { lng, lat })
    }
}

impl Position {
    /// The same place in another datum, for an answer.
    #[must_use]
    pub fn to_datum(self, datum: Datum) -> Point {
        let (lng, lat) = match datum {
            Datum::Wgs84 | Datum::Cgcs2000 => (self.lng, self.lat),
            Datum::Gcj02 => wgs_to_gcj(self.lng, self.lat),
            Datum::Bd09 => {
                let (lng, lat) = wgs_to_gcj(self.lng, self.lat);
                gcj_to_bd(lng, lat)
            }
        };
        Point { lng, lat, datum }
    }
}

/// The box outside of which GCJ-02 is the identity, and in which Linli accepts points.
fn in_box(lng: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lng) && (0.8293..=55.8271).contains(&lat)
}

fn wgs_to_gcj(lng: f64, lat: f64) -> (f64, f64) {
    const A: f64 = 6_378_245.0;
    const EE: f64 = 0.006_693_421_622_965_943;
    if !in_box(lng, lat) {
        return (lng, lat);
    }
    let (x, y) = (lng - 105.0, lat - 35.0);
    let waves = |v: f64, a: f64, b: f64, c: f64| (a * (v * PI).sin() + b * (v / 3.0 * PI).sin() + c * (v / 12.0 * PI).sin()) * 2.0 / 3.0;
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let d_lat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let d_lng = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + waves(x, 20.0, 40.0, 150.0)
        + 300.0 * (x / 30.0 * PI).sin() * 2.0 / 3.0;
    let rad = lat / 180.0 * PI;
    let magic = 1.0 - EE * rad.sin() * rad.sin();
    let d_lat = d_lat * 180.0 / ((A * (1.0 - EE)) / (magic * magic.sqrt()) * PI);
    let d_lng = d_lng * 180.0 / (A / magic.sqrt() * rad.cos() * PI);
    (lng + d_lng, lat + d_lat)
}

fn gcj_to_bd(lng: f64, lat: f64) -> (f64, f64) {
    const X_PI: f64 = PI * 3000.0 / 180.0;
    let z = lng.hypot(lat) + 0.000_02 * (lat * X_PI).sin();
    let theta = lat.atan2(lng) + 0.000_003 * (lng * X_PI).cos();
    (z * theta.cos() + 0.0065, z * theta.sin() + 0.006)
}

/// Finds what `forward` maps to the given point: a few fixed-point steps reach far below 1e-6°.
fn invert(forward: fn(f64, f64) -> (f64, f64), lng: f64, lat: f64) -> (f64, f64) {
    let mut guess = (lng, lat);
    for _ in 0..8 {
        let (got_lng, got_lat) = forward(guess.0, guess.1);
        guess = (guess.0 + lng - got_lng, guess.1 + lat - got_lat);
    }
    guess
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handbook 2, B.10: two independent libraries agree on these to 1e-8.
    const VECTORS: [(f64, f64, f64, f64, f64, f64); 4] = [
        (116.397496, 39.908722, 116.403739575, 39.910125499, 116.410112565, 39.916464757),
        (119.4695, 32.198, 119.474831413, 32.196036131, 119.481418666, 32.201785405),
        (119.398, 32.3776, 119.403485511, 32.375721476, 119.409871553, 32.382068737),
        (120.857, 32.0107, 120.861258765, 32.008560460, 120.867697055, 32.014715571),
    ];

    fn near(got: Point, lng: f64, lat: f64, within: f64) {
        assert!((got.lng - lng).abs() < within && (got.lat - lat).abs() < within, "{got:?} is not {lng},{lat}");
    }

    #[test]
    fn the_vectors_hold_in_both_directions() {
        for (wl, wa, gl, ga, bl, ba) in VECTORS {
            let here = Position { lng: wl, lat: wa };
            near(here.to_datum(Datum::Gcj02), gl, ga, 1e-8);
            near(here.to_datum(Datum::Bd09), bl, ba, 1e-8);
            for (lng, lat, datum) in [(wl, wa, Datum::Cgcs2000), (gl, ga, Datum::Gcj02), (bl, ba, Datum::Bd09)] {
                let back = Point { lng, lat, datum }.to_wgs84().unwrap();
                near(back.to_datum(Datum::Wgs84), wl, wa, 1e-6);
            }
        }
    }

    #[test]
    fn a_point_outside_the_country_is_refused() {
        for (lng, lat) in [(0.0, 0.0), (-74.0, 40.7), (119.4, f64::NAN), (f64::INFINITY, 32.0)] {
            assert_eq!(Point { lng, lat, datum: Datum::Wgs84 }.to_wgs84().unwrap_err().code, Code::PointOutsideCountry);
        }
    }
}
