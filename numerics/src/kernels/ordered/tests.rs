use super::{dense, multiply};
use crate::kernels::{gemm::Matrix, row, sparse};

/// Numbers of which every sum is rounded, `share` of them not zero.
fn rough(len: usize, salt: u32, share: f64) -> Vec<f32> {
    let value = |i: u32| {
        let hash = (i ^ salt.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0x9E37_79B9);
        let x = f32::from_bits(0x3F80_0000 | hash >> 9) - 1.5;
        let hash = (hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D) >> 8;
        if f64::from(hash) < share * f64::from(1 << 24) { x } else { 0.0 }
    };
    (0..len as u32).map(value).collect()
}

type Multiply = unsafe fn((usize, usize, usize), Matrix<*mut f32>, Matrix<*const f32>, Matrix<*const f32>);

/// Bits of a product by `f`, in one call for these rows and columns each.
fn bits(
    f: Multiply,
    (m, n, k): (usize, usize, usize),
    (a, b): (&[f32], &[f32]),
    turned: bool,
    calls: &[(usize, usize, usize, usize)],
) -> Vec<u32> {
    let mut c = vec![f32::NAN; m * n];
    let strides = if turned { (1, k) } else { (n, 1) };
    for &(row, rows, col, cols) in calls {
        // SAFETY: the parts lie in the matrices, which the strides address.
        unsafe {
            let a = Matrix { start: a.as_ptr().add(row * k), strides: (k, 1) };
            let b = Matrix { start: b.as_ptr().add(col * strides.1), strides };
            let c = Matrix { start: c.as_mut_ptr().add(row * n + col), strides: (n, 1) };
            f((rows, cols, k), c, a, b);
        }
    }
    c.into_iter().map(f32::to_bits).collect()
}

const SIZES: [(usize, usize, usize); 7] =
    [(1, 1, 1), (7, 5, 3), (32, 16, 96), (33, 70, 97), (40, 130, 200), (64, 10, 784), (25, 31, 64)];

#[test]
fn sums_in_order() {
    for (m, n, k) in SIZES {
        let (a, b) = (rough(m * k, 1, 1.0), rough(k * n, 2, 1.0));
        let fused = cfg!(target_arch = "x86_64") && is_x86_feature_detected!("fma");
        let element = |i: usize| {
            let step = |sum: f32, p: usize| {
                let (x, y) = (a[i / n * k + p], b[p * n + i % n]);
                if fused { x.mul_add(y, sum) } else { x * y + sum }
            };
            ((0..k).fold(0.0, step) + 0.0).to_bits()
        };
        let expected: Vec<u32> = (0..m * n).map(element).collect();
        assert!(bits(multiply, (m, n, k), (&a, &b), false, &[(0, m, 0, n)]) == expected, "{m} {n} {k}");
    }
}

/// What is kept was computed with other rows beside it than in a minibatch, and on other threads.
#[test]
fn an_element_depends_on_its_row_and_column_alone() {
    for (m, n, k) in SIZES {
        for share in [1.0, 0.5, 0.1, 0.0] {
            for turned in [false, true] {
                let (a, b) = (rough(m * k, 1, share), rough(k * n, 2, 1.0));
                let whole = bits(multiply, (m, n, k), (&a, &b), turned, &[(0, m, 0, n)]);
                let rows: Vec<_> = (0..m).map(|row| (row, 1, 0, n)).collect();
                let half = m / 2;
                let parts = [(0, half, 0, n), (half, m - half, 0, n / 3), (half, m - half, n / 3, n - n / 3)];
                for calls in [&rows[..], &parts] {
                    let parts = bits(multiply, (m, n, k), (&a, &b), turned, calls);
                    assert!(parts == whole, "{m} {n} {k}, {share} of it, {turned}, in {} calls", calls.len());
                }
            }
        }
    }
}

/// Which way is taken hangs on what lies in some lines of the matrix, so it must not matter.
#[test]
fn three_ways_agree() {
    unsafe fn lists(
        sizes: (usize, usize, usize),
        c: Matrix<*mut f32>,
        a: Matrix<*const f32>,
        b: Matrix<*const f32>,
    ) {
        // SAFETY: the caller's contract.
        unsafe { sparse::multiply(sizes, c, false, a, b) }
    }
    unsafe fn single(
        (_, n, k): (usize, usize, usize),
        c: Matrix<*mut f32>,
        a: Matrix<*const f32>,
        b: Matrix<*const f32>,
    ) {
        // SAFETY: the caller's contract.
        unsafe { row::multiply((n, k), c.start, false, (a.start, 1), (b.start, b.strides.0)) }
    }
    for (m, n, k) in SIZES {
        let (a, b) = (rough(m * k, 1, 0.4), rough(k * n, 2, 1.0));
        let all = [(0, m, 0, n)];
        let rows: Vec<_> = (0..m).map(|row| (row, 1, 0, n)).collect();
        let plus = |bits: Vec<u32>| {
            bits.into_iter().map(|x| (f32::from_bits(x) + 0.0).to_bits()).collect::<Vec<_>>()
        };
        let tiles = plus(bits(dense, (m, n, k), (&a, &b), false, &all));
        assert!(tiles == plus(bits(lists, (m, n, k), (&a, &b), false, &all)), "lists, {m} {n} {k}");
        assert!(tiles == plus(bits(single, (m, n, k), (&a, &b), false, &rows)), "rows, {m} {n} {k}");
    }
}

#[test]
fn no_zero_has_a_sign() {
    let (a, b) = ([-0.0, 0.0, -1.0, 0.0], [1.0, -1.0, -0.0, 0.0]);
    let c = bits(multiply, (2, 2, 2), (&a, &b), false, &[(0, 2, 0, 2)]);
    assert_eq!(c, [0.0_f32, 0.0, -1.0, 1.0].map(f32::to_bits));
}
