//! Pictures are drawn anew: decoded, turned the right way up, and encoded again. What stood beside the pixels (where and when
//! and by which phone it was taken, or a second file glued to the first) does not come along.
//!
//! A picture tells its size in its first bytes. One that is too large is refused there, before memory is asked for.

use crate::{blob::Made, kind::Kind};
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use kernel::error::{Code, Error, Result};
use std::io::Cursor;

/// Pixels of the longer side of a thumbnail.
const THUMBNAIL: u32 = 480;
/// How good a JPEG is, of 100.
const QUALITY: u8 = 85;
/// The longest side.
const LONGEST: u32 = 20_000;

/// Draws a picture anew, with a thumbnail. JPEG stays JPEG, PNG stays PNG; WebP becomes JPEG, or PNG if one can see through
/// it; of a GIF the first picture is kept, as PNG.
pub(crate) fn draw_anew(bytes: &[u8], kind: Kind, pixels: u64) -> Result<Made> {
    let unreadable = |e: ImageError| Error::new(Code::AttachmentUnreadable).with("media_type", kind.media_type()).because(e);
    let format = match kind {
        Kind::Png => ImageFormat::Png,
        Kind::Webp => ImageFormat::WebP,
        Kind::Gif => ImageFormat::Gif,
        _ => ImageFormat::Jpeg,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    let too_large = || Error::new(Code::AttachmentPixelsExceeded).with("width", width).with("height", height).with("limit", pixels);
    if width > LONGEST || height > LONGEST || u64::from(width) * u64::from(height) > pixels {
        return Err(too_large());
    }
    let mut limits = image::Limits::no_limits();
    // Sixteen bits for each of four colours, and as much again for what decoding needs on the way.
    limits.max_alloc = Some(pixels * 16);
    decoder.set_limits(limits).map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(orientation);

    let broken = |e: ImageError| Error::internal(e);
    let clear = picture.color().has_alpha();
    let keeps_png = matches!(kind, Kind::Png | Kind::Gif) || (clear && kind == Kind::Webp);
    let mut out = Vec::new();
    if keeps_png {
        let eight = if clear { DynamicImage::from(picture.to_rgba8()) } else { DynamicImage::from(picture.to_rgb8()) };
        eight.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).map_err(broken)?;
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY)).map_err(broken)?;
    }
    let (width, height) = picture.dimensions();
    Ok(Made {
        kind: if keeps_png { Kind::Png } else { Kind::Jpeg },
        bytes: out,
        thumbnail: Some(thumbnail(&picture).map_err(broken)?),
        size: Some((width, height)),
    })
}

/// A small JPEG, on white where one could see through.
fn thumbnail(picture: &DynamicImage) -> std::result::Result<Vec<u8>, ImageError> {
    let (width, height) = picture.dimensions();
    let small = if width.max(height) > THUMBNAIL { picture.resize(THUMBNAIL, THUMBNAIL, FilterType::Triangle) } else { picture.clone() };
    let mut paper = image::RgbaImage::from_pixel(small.width(), small.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut paper, &small.to_rgba8(), 0, 0);
    let mut out = Vec::new();
    DynamicImage::from(paper).to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY))?;
    Ok(out)
}
