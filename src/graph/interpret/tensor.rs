//! Dense row-major tensors of the interpreter, and the one way it walks them: a list of element offsets.
//!
//! Invariant: the data have as many elements as the dimensions say.

use crate::graph::{DType, builder::ice};

/// Elements, of one of the four types of the graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<T> {
    F32(Vec<T>),
    I32(Vec<i32>),
    Bool(Vec<bool>),
    Key(Vec<u64>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<T> {
    pub dims: Vec<usize>,
    pub data: Data<T>,
}

impl<T: Copy> Tensor<T> {
    pub fn real(dims: &[usize], data: Vec<T>) -> Self {
        Self::checked(dims, data.len(), Data::F32(data))
    }

    pub fn ints(dims: &[usize], data: Vec<i32>) -> Self {
        Self::checked(dims, data.len(), Data::I32(data))
    }

    pub fn bools(dims: &[usize], data: Vec<bool>) -> Self {
        Self::checked(dims, data.len(), Data::Bool(data))
    }

    pub fn keys(dims: &[usize], data: Vec<u64>) -> Self {
        Self::checked(dims, data.len(), Data::Key(data))
    }

    fn checked(dims: &[usize], len: usize, data: Data<T>) -> Self {
        if len != dims.iter().product::<usize>() {
            ice(&format!("{len} elements in a tensor of dimensions {dims:?}"), &"the interpreter");
        }
        Self { dims: dims.to_vec(), data }
    }

    pub fn scalar(value: T) -> Self {
        Self::real(&[], vec![value])
    }

    pub fn dtype(&self) -> DType {
        match self.data {
            Data::F32(_) => DType::F32,
            Data::I32(_) => DType::I32,
            Data::Bool(_) => DType::Bool,
            Data::Key(_) => DType::Key,
        }
    }

    /// The elements of a tensor of the graph's type F32.
    pub fn reals(&self) -> &[T] {
        match &self.data {
            Data::F32(data) => data,
            _ => ice("f32 elements asked of another type", &self.dtype()),
        }
    }

    pub fn as_ints(&self) -> &[i32] {
        match &self.data {
            Data::I32(data) => data,
            _ => ice("i32 elements asked of another type", &self.dtype()),
        }
    }

    pub fn as_bools(&self) -> &[bool] {
        match &self.data {
            Data::Bool(data) => data,
            _ => ice("bool elements asked of another type", &self.dtype()),
        }
    }

    pub fn as_keys(&self) -> &[u64] {
        match &self.data {
            Data::Key(data) => data,
            _ => ice("keys asked of another type", &self.dtype()),
        }
    }

    /// A tensor of `dims` of this one's elements at `offsets`.
    pub fn gather(&self, dims: &[usize], offsets: &[usize]) -> Self {
        let data = self.reals();
        Self::real(dims, offsets.iter().map(|o| data[*o]).collect())
    }
}

/// Distance between neighbours along each axis.
pub fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis];
    }
    strides
}

/// Offsets of all elements of a box of `dims` in row-major order, in memory of these strides. A stride of 0 repeats.
pub fn offsets(dims: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut all = vec![0];
    for (n, stride) in dims.iter().zip(strides) {
        all = all.iter().flat_map(|base| (0..*n).map(move |i| base + i * stride)).collect();
    }
    all
}

/// The entries of `all` at `axes`.
pub fn at(all: &[usize], axes: &[usize]) -> Vec<usize> {
    axes.iter().map(|axis| all[*axis]).collect()
}
