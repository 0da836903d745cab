//! Kernels of the library: what a function of the host does better than a loop.
//!
//! One file a kernel here, one row in the table below, one function in `codegen/host`; the compiler names what is missing. A kernel says
//! of itself, through [`Library`], all that the stages ask: which memory its parts reach, that it stays inside, how it is
//! cut, what its function is told, what it costs, what it computes. No other file knows one kernel from another.

pub mod slides;
mod words;

use std::ops::Deref;

use super::interpret::Machine;
use super::parts::Parts;
use super::work::Work;
use super::{BufferId, Cost, Domain, Kernel};
use crate::graph::{Dim, ScalarId, SiteId};
use words::params;

pub use product::{Batches, Cut, Extent, Level, Matrix};

macro_rules! calls {
    ($($module:ident: $name:ident = $symbol:literal;)*) => {
        $(pub mod $module; pub use $module::$name;)*

        /// A kernel of the library with what it is applied to.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Call {
            $($name($name),)*
        }

        /// The function of the host behind a library kernel.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Symbol {
            $($name,)*
        }

        impl Symbol {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in code.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $symbol,)*
                }
            }
        }

        impl Call {
            pub fn symbol(&self) -> Symbol {
                match self {
                    $(Self::$name(_) => Symbol::$name,)*
                }
            }
        }

        impl Deref for Call {
            type Target = dyn Library;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$name(kernel) => kernel,)*
                }
            }
        }

        $(impl From<$name> for Call {
            fn from(kernel: $name) -> Self {
                Self::$name(kernel)
            }
        })*
    };
}

calls! {
    arrive: Arrive = "dropnet_arrive";
    attend: Attend = "dropnet_attend";
    product: Product = "dropnet_product";
    collect: Collect = "dropnet_collect";
    combine: Combine = "dropnet_combine";
    conv: Conv = "dropnet_conv";
    depthwise: Depthwise = "dropnet_depthwise";
    exchange: Exchange = "dropnet_exchange";
    gather: Gather = "dropnet_gather";
    moments: Moments = "dropnet_moments";
    join_moments: JoinMoments = "dropnet_join_moments";
    pack: Pack = "dropnet_pack";
    packed: Packed = "dropnet_packed";
    pool: Pool = "dropnet_pool";
    scatter: ScatterAdd = "dropnet_scatter_add";
    spectra: Spectra = "dropnet_spectra";
    squares: DropSquares = "dropnet_squares";
    table: Table = "dropnet_table";
    thinned: Thinned = "dropnet_thinned";
    transpose: Transpose = "dropnet_transpose";
    turn: Turn = "dropnet_turn";
    unfold: Unfold = "dropnet_unfold";
    waves: Waves = "dropnet_waves";
}

impl Kernel {
    /// Buffers of a kernel that says itself what it touches: one of the library, or a loop over time.
    pub fn touched(&self) -> Vec<Touched> {
        match self {
            Kernel::Call { call, .. } => call.operands(),
            Kernel::Repeat { repeat, .. } => repeat.operands(),
            Kernel::Loop(_) | Kernel::Total { .. } => Vec::new(),
        }
    }
}

/// What a library kernel says of itself.
///
/// Its function is called with a row of words: its [`front`](Self::front), which most have not, the addresses of its [`operands`](Self::operands) in order, then its
/// [`params`](Self::params).
pub trait Library {
    /// What it does, in a word.
    fn word(&self) -> String;

    /// The buffers it touches.
    fn operands(&self) -> Vec<Touched>;

    /// Scalars of the step that it reads, by the numbers among its parameters.
    fn scalars(&self) -> Vec<ScalarId> {
        Vec::new()
    }

    /// Sites of whose streams it draws, likewise.
    fn sites(&self) -> Vec<SiteId> {
        Vec::new()
    }

    /// Whether its parameters make sense, beyond what the regions of its operands say.
    ///
    /// # Errors
    /// The reason why not.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// How it is cut.
    fn parts(&self) -> Parts;

    /// What its function is told in front of addresses, where their number is not the same for all of its kernels.
    fn front(&self) -> Vec<u64> {
        Vec::new()
    }

    /// What its function is told behind addresses: plain words, the same wherever buffers lie.
    fn params(&self) -> Vec<u64>;

    /// Of one step with `rows` rows.
    fn cost(&self, rows: usize) -> Cost;

    /// Where processes have some blocks of the rows each: the nodes of sums over rows that it leaves, which are no sums before they are exchanged.
    fn leaves_nodes(&self) -> Option<exchange::Nodes> {
        None
    }

    fn work(&self) -> Work;

    /// Whether its time is that of multiplications where they are many, so that a roofline may hold it against them.
    fn multiplies(&self) -> bool {
        false
    }

    fn interpret(&self, machine: &mut Machine<'_>);

    /// Its line in the program's text.
    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String;
}

/// A buffer of a library kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touched {
    pub buffer: BufferId,
    pub touch: Touch,
    /// What of it is touched at all.
    pub region: Region,
    /// What of that one part touches.
    pub reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    Read,
    Write,
    /// Reads what it then overwrites.
    Update,
}

impl Touch {
    pub fn reads(self) -> bool {
        self != Self::Write
    }

    pub fn writes(self) -> bool {
        self != Self::Read
    }
}

/// Elements of a buffer, for any number of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Region {
    /// `offset` and any numbers of steps along the axes.
    Grid { offset: usize, axes: [Axis; 4] },
    /// All of a buffer of so many elements.
    Whole(Extent),
    /// Rows of the data, of so many elements each: those that the pass's order names.
    Gathered { len: usize },
    /// Partials of `cols` columns, one row a shard of `domain`.
    Partials { cols: usize, domain: Domain },
}

impl Region {
    /// Whether it is some of each row of the minibatch; partials are none of its rows.
    pub fn is_of_rows(&self) -> bool {
        match self {
            Region::Grid { axes, .. } => axes.iter().any(|axis| axis.count.batch),
            Region::Whole(extent) => extent.batch,
            Region::Gathered { .. } => true,
            Region::Partials { .. } => false,
        }
    }
}

/// `count` elements, `step` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub count: Extent,
    pub step: usize,
}

/// Which parts of a memory a thread touches; equal values mean the same thread for the same elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Elements anywhere.
    All,
    /// `width` elements of each row of its shards; `pass` for rows of the whole pass.
    Rows {
        rows: Dim,
        grain: usize,
        width: usize,
        pass: bool,
    },
    /// Its shards' rows of partials.
    Shards {
        rows: Dim,
        grain: usize,
    },
    FlatShards {
        len: usize,
    },
    /// Its elements of a flat domain.
    Elements {
        len: usize,
        offset: usize,
    },
    /// Its columns of partials.
    Columns {
        cols: usize,
    },
    /// Its parts of a product's result.
    Panels {
        cut: Cut,
        m: Extent,
        n: Extent,
        stride: usize,
        offset: usize,
        batches: Batches,
    },
}
