//! Windows of pictures, resized: bilinear over as wide a neighbourhood as they become smaller (antialiased), as Pillow does it.

use crate::data::resample;

use super::{
    draw::Draw,
    moves::View,
    picture::{Pixel, Rect, Size},
};

/// A window that lies in the picture.
pub type Window = Rect;

/// A statement that resizes windows.
pub trait Resample: Send + Sync {
    /// Height and width of what it makes.
    fn size(&self) -> Size;

    /// The window of one row, whose picture has this size.
    fn window(&self, draw: &mut Draw<'_>, size: Size) -> Window;
}

/// Writes the window of a picture, resized.
pub fn resized<T: Pixel>(from: View<'_, T>, window: Window, to: Size, into: &mut [T]) {
    let Rect { top, left, height, width } = window;
    let window = resample::Window { top, left, height, width };
    resample::resized(from.data, [from.size[1], from.channels], window, to, into);
}
