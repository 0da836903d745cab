use super::{DENSEST, ROWS, multiply, pays};
use crate::kernels::gemm::Matrix;

/// Sizes of a product, whether each matrix is turned, whether it is added.
#[derive(Clone, Copy, Debug)]
struct Form {
    sizes: (usize, usize, usize),
    turned: (bool, bool),
    accumulate: bool,
}

impl Form {
    fn matrices<'a>(&self, a: &'a [f32], b: &'a [f32]) -> (Matrix<*const f32>, Matrix<*const f32>) {
        let (m, n, k) = self.sizes;
        let matrix = |data: &[f32], turned: bool, rows: usize, cols: usize| Matrix {
            start: data.as_ptr(),
            strides: if turned { (1, rows) } else { (cols, 1) },
        };
        (matrix(a, self.turned.0, m, k), matrix(b, self.turned.1, k, n))
    }

    /// The product, in calls for these ranges of columns.
    fn product(&self, a: &[f32], b: &[f32], calls: &[(usize, usize)]) -> Vec<f32> {
        let (m, n, k) = self.sizes;
        let mut c = numbers(m * n, 3, 1.0);
        let (a, b) = self.matrices(a, b);
        for &(col, cols) in calls {
            // SAFETY: the columns are the matrices'.
            unsafe {
                let b = Matrix { start: b.start.add(col * b.strides.1), ..b };
                let c = Matrix { start: c.as_mut_ptr().add(col), strides: (n, 1) };
                multiply((m, cols, k), c, self.accumulate, a, b);
            }
        }
        c
    }

    fn expected(&self, a: &[f32], b: &[f32]) -> Vec<f32> {
        let (m, n, k) = self.sizes;
        let start = numbers(m * n, 3, 1.0);
        let (ta, tb) = self.turned;
        let element = |i: usize| {
            let (row, col) = (i / n, i % n);
            let a = |p: usize| a[if ta { p * m + row } else { row * k + p }];
            let b = |p: usize| b[if tb { col * k + p } else { p * n + col }];
            (0..k).map(|p| a(p) * b(p)).sum::<f32>() + if self.accumulate { start[i] } else { 0.0 }
        };
        (0..m * n).map(element).collect()
    }
}

/// Small whole numbers, so that sums are exact, of which `share` are not zero.
fn numbers(len: usize, salt: usize, share: f64) -> Vec<f32> {
    let value = |i: usize| {
        let hash = (i + 7 * salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let kept = ((hash >> 12) % 1000) as f64 / 1000.0 < share;
        if kept { (hash % 11) as f32 - 5.5 } else { 0.0 }
    };
    (0..len).map(value).collect()
}

fn forms(sizes: (usize, usize, usize)) -> impl Iterator<Item = Form> {
    let turned = [(false, false), (true, false), (false, true), (true, true)];
    turned
        .into_iter()
        .flat_map(move |turned| [false, true].map(move |accumulate| Form { sizes, turned, accumulate }))
}

#[test]
fn every_form_is_exact_on_integers() {
    for sizes in [(1, 1, 1), (3, 5, 7), (33, 71, 97), (40, 15, 200), (ROWS + 3, 64, 96), (25, 127, 290)] {
        for share in [0.0, 0.2, 1.0] {
            for form in forms(sizes) {
                let (m, n, k) = sizes;
                let (a, b) = (numbers(m * k, 1, share), numbers(k * n, 2, 1.0));
                assert!(form.product(&a, &b, &[(0, n)]) == form.expected(&a, &b), "{form:?} {share}");
            }
        }
    }
}

#[test]
fn columns_may_be_divided_anywhere() {
    for sizes in [(40, 200, 130), (ROWS + 1, 96, 100)] {
        for form in forms(sizes) {
            let (m, n, k) = sizes;
            let rough = |x: Vec<f32>| x.into_iter().map(|x| x / 3.0).collect::<Vec<f32>>();
            let (a, b) = (rough(numbers(m * k, 1, 0.3)), rough(numbers(k * n, 2, 1.0)));
            let whole = form.product(&a, &b, &[(0, n)]);
            for calls in [vec![(0, 16), (16, n - 16)], vec![(0, 64), (64, 1), (65, n - 65)]] {
                assert!(form.product(&a, &b, &calls) == whole, "{form:?} {calls:?}");
            }
        }
    }
}

#[test]
fn what_is_no_number_counts_as_one() {
    let form = Form { sizes: (24, 32, 64), turned: (false, false), accumulate: false };
    let mut a = vec![0.0; 24 * 64];
    a[64] = f32::NAN;
    let c = form.product(&a, &numbers(64 * 32, 2, 1.0), &[(0, 32)]);
    assert!(c[32..64].iter().all(|x| x.is_nan()) && c[..32].iter().all(|x| *x == 0.0));
}

#[test]
fn it_pays_where_enough_is_zero() {
    for turned in [false, true] {
        let form = Form { sizes: (128, 64, 512), turned: (turned, false), accumulate: false };
        let pays = |share: f64, size: (usize, usize)| {
            let (a, b) = (numbers(128 * 512, 1, share), numbers(512 * 64, 2, 1.0));
            let (a, b) = form.matrices(&a, &b);
            // SAFETY: no size is larger than the matrix.
            unsafe { pays(size, a, b) }
        };
        assert!(pays(0.0, (128, 512)) && pays(DENSEST - 0.1, (128, 512)));
        assert!(!pays(DENSEST + 0.1, (128, 512)) && !pays(1.0, (128, 512)));
        assert!(!pays(0.0, (8, 512)) && !pays(0.0, (128, 32)));
    }
}
