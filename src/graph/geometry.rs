//! How windows slide over a value: the sizes of convolutions and pools, said once for the graph, the interpreter and the kernels.
//!
//! The windowed axes are neighbours. Of a value with the axes `.., len.., rest..` the windows have `.., count.., size.., rest..`: all places of
//! the windows, then the places (taps) in a window, outermost axis first. Element `tap` of window `place` is element
//! `place * stride + tap * dilation - before` of its axis; where there is no such element it lies in the border.

/// How windows slide along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slide {
    /// Of the value.
    pub axis: usize,
    /// Its extent.
    pub len: usize,
    /// Elements of a window.
    pub size: usize,
    /// From window to window.
    pub stride: usize,
    /// From element to element of a window.
    pub dilation: usize,
    /// Width of the border in front of the first element and behind the last.
    pub before: usize,
    pub after: usize,
}

/// Windows over one axis or several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// In the order of the axes, which are neighbours; at least one.
    pub axes: Vec<Slide>,
}

impl Slide {
    /// Elements from the first to the last of a window.
    pub fn span(&self) -> usize {
        self.size.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// Windows along the axis; none if the window is larger than the axis with its border.
    pub fn count(&self) -> usize {
        let room = self.before.saturating_add(self.len).saturating_add(self.after);
        if self.span() > room { 0 } else { (room - self.span()) / self.stride + 1 }
    }

    /// The element of the axis that is `tap` of window `place`; none in the border.
    pub fn element(&self, place: usize, tap: usize) -> Option<usize> {
        (place * self.stride + tap * self.dilation).checked_sub(self.before).filter(|at| *at < self.len)
    }

    /// The taps of window `place` that lie on the axis: those of a window are neighbours.
    pub fn inside(&self, place: usize) -> std::ops::Range<usize> {
        let start = place * self.stride;
        let first = self.before.saturating_sub(start).div_ceil(self.dilation).min(self.size);
        let last = (self.before + self.len).saturating_sub(start).div_ceil(self.dilation).min(self.size);
        first..last.max(first)
    }

    /// Whether some window has an element in the border.
    pub fn has_border(&self) -> bool {
        let last = self.count().saturating_sub(1) * self.stride + self.span();
        self.before > 0 || last > self.before + self.len
    }

    /// Whether the windows are the elements themselves.
    pub fn is_identity(&self) -> bool {
        // From the one element of an axis there is no next, however long the step to it.
        self.size == 1 && (self.stride == 1 || self.len == 1) && self.before == 0 && self.after == 0
    }
}

impl Geometry {
    pub fn has_border(&self) -> bool {
        self.axes.iter().any(Slide::has_border)
    }

    pub fn is_identity(&self) -> bool {
        self.axes.iter().all(Slide::is_identity)
    }

    /// The first of the windowed axes.
    pub fn first(&self) -> usize {
        self.axes.first().map_or(0, |slide| slide.axis)
    }

    /// The axis of the windows at which the taps begin.
    pub fn taps(&self) -> usize {
        self.first() + self.axes.len()
    }

    /// The axes of the taps among those of the windows.
    pub fn tap_axes(&self) -> Vec<usize> {
        (self.taps()..self.taps() + self.axes.len()).collect()
    }

    /// Places of all windows.
    pub fn counts(&self) -> Vec<usize> {
        self.axes.iter().map(Slide::count).collect()
    }

    /// Elements of a window, by axis.
    pub fn sizes(&self) -> Vec<usize> {
        self.axes.iter().map(|slide| slide.size).collect()
    }

    /// For every element of the windows over a value of these dimensions, in row-major order: where it lies in the value, if not in the border.
    pub fn sources(&self, dims: &[usize]) -> Vec<Option<usize>> {
        let (first, rest) = (self.first(), &dims[self.taps()..]);
        let outer: usize = dims[..first].iter().product();
        let within: usize = self.axes.iter().map(|slide| slide.len).product();
        let rest: usize = rest.iter().product();
        let places = boxed(&[self.counts(), self.sizes()].concat());
        let at = |place: &[usize]| {
            let (windows, taps) = place.split_at(self.axes.len());
            let axes = self.axes.iter().zip(windows).zip(taps);
            axes.map(|((slide, window), tap)| slide.element(*window, *tap).map(|e| (slide.len, e)))
                .try_fold(0, |at, found| found.map(|(len, e)| at * len + e))
        };
        let places: Vec<Option<usize>> = places.iter().map(|place| at(place)).collect();
        (0..outer)
            .flat_map(|o| places.iter().map(move |place| place.map(|at| o * within + at)))
            .flat_map(|start| (0..rest).map(move |r| start.map(|at| at * rest + r)))
            .collect()
    }
}

/// All places of a box, the last axis fastest.
fn boxed(extents: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for n in extents {
        all = all
            .into_iter()
            .flat_map(|place: Vec<usize>| (0..*n).map(move |i| [place.as_slice(), &[i]].concat()))
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slides() -> impl Iterator<Item = Slide> {
        let sizes = [(5, 3), (7, 2), (4, 4), (9, 1)];
        sizes.into_iter().flat_map(|(len, size)| {
            [(1, 1), (2, 1), (3, 2), (1, 3)].into_iter().flat_map(move |(stride, dilation)| {
                [(0, 0), (1, 1), (2, 0), (0, 3)].map(|(before, after)| Slide {
                    axis: 1,
                    len,
                    size,
                    stride,
                    dilation,
                    before,
                    after,
                })
            })
        })
    }

    #[test]
    fn taps_inside_are_those_with_an_element() {
        for slide in slides().filter(|s| s.count() > 0) {
            let mut border = false;
            for place in 0..slide.count() {
                let inside: Vec<usize> =
                    (0..slide.size).filter(|tap| slide.element(place, *tap).is_some()).collect();
                assert_eq!(slide.inside(place).collect::<Vec<_>>(), inside, "{slide:?} at {place}");
                border |= inside.len() < slide.size;
            }
            assert_eq!(slide.has_border(), border, "{slide:?}");
        }
    }

    #[test]
    fn the_last_window_fits_and_a_further_one_would_not() {
        for slide in slides().filter(|s| s.count() > 0) {
            let room = slide.before + slide.len + slide.after;
            let end = |place: usize| place * slide.stride + slide.span();
            assert!(end(slide.count() - 1) <= room && end(slide.count()) > room, "{slide:?}");
        }
        let large = Slide { axis: 0, len: 3, size: 5, stride: 1, dilation: 1, before: 0, after: 1 };
        assert_eq!(large.count(), 0);
    }
}
