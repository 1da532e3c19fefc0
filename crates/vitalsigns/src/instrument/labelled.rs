//! The labels of domain families, as the attribute fills them in.

/// A label that has no value yet.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::video::CallLabels;
/// use vitalsigns::instrument::Unset;
///
/// let labels: CallLabels<Unset> = CallLabels::default();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unset;

/// A struct whose labels are set one after the other, in any order and each once.
///
/// What is behind `:` is the type parameter of the label and what it has to be.
macro_rules! call_labels {
    (
        $(#[$doc:meta])*
        $labels:ident {
            $(#[$first_doc:meta])*
            $first:ident: $A:ident is $a:path $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $labels<$A = $crate::instrument::Unset> {
            pub(super) $first: $A,
        }

        impl Default for $labels {
            fn default() -> Self {
                $labels { $first: $crate::instrument::Unset }
            }
        }

        impl $labels {
            $(#[$first_doc])*
            pub fn $first<$A: $a>(self, $first: $A) -> $labels<$A> {
                $labels { $first }
            }
        }
    };
    (
        $(#[$doc:meta])*
        $labels:ident {
            $(#[$first_doc:meta])*
            $first:ident: $A:ident is $a:path,
            $(#[$second_doc:meta])*
            $second:ident: $B:ident is $b:path $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $labels<$A = $crate::instrument::Unset, $B = $crate::instrument::Unset> {
            pub(super) $first: $A,
            pub(super) $second: $B,
        }

        impl Default for $labels {
            fn default() -> Self {
                let ($first, $second) = ($crate::instrument::Unset, $crate::instrument::Unset);
                $labels { $first, $second }
            }
        }

        impl<$B> $labels<$crate::instrument::Unset, $B> {
            $(#[$first_doc])*
            pub fn $first<$A: $a>(self, $first: $A) -> $labels<$A, $B> {
                $labels { $first, $second: self.$second }
            }
        }

        impl<$A> $labels<$A> {
            $(#[$second_doc])*
            pub fn $second<$B: $b>(self, $second: $B) -> $labels<$A, $B> {
                $labels { $first: self.$first, $second }
            }
        }
    };
}

pub(crate) use call_labels;
