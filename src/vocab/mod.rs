//! The vocabulary types shared by every word of the language.
