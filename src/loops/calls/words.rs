//! Parameters as they stand in an operand row.

/// A struct of words: `repr(C)`, so that host functions read it where it lies, behind the addresses of the row.
macro_rules! params {
    ($(#[$about:meta])* pub struct $name:ident { $($(#[$field_about:meta])* pub $field:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_about])* pub $field: u64,)*
        }

        impl $name {
            /// Its words, in order.
            pub fn words(self) -> Vec<u64> {
                vec![$(self.$field,)*]
            }
        }
    };
}

pub(super) use params;
