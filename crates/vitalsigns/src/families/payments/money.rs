//! Money: which currency, and how much of it, in whole minor units.

use std::fmt;
use std::str::FromStr;

use iso_currency::Currency as Iso;

use crate::LabelValue;

/// A currency of ISO 4217 that has a minor unit: a label with a closed set of values, the codes.
///
/// Included are funds and units of account that have a minor unit (`CHW`, `CLF`), and the
/// currencies that the standard withdrew in recent years (`HRK`, `BGN`), for a refund or a
/// chargeback can come after the currency is gone. Left out is what has no minor unit and is not
/// paid with: precious metals, `XDR`, `XTS`, `XXX`.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::payments::Currency;
///
/// assert_eq!(Currency::from_code("JPY"), Ok(Currency::JPY));
/// assert_eq!(Currency::KWD.exponent(), 3);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(u8);

impl Currency {
    /// The currency with this code; `eur` is as good as `EUR`, for some providers write it so.
    ///
    /// # Errors
    ///
    /// [`UnknownCurrency`] if the standard has no such code, or no minor unit for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::payments::Currency;
    ///
    /// assert_eq!(Currency::from_code("eur"), Ok(Currency::EUR));
    /// assert_eq!(
    ///     Currency::from_code("BTC").unwrap_err().to_string(),
    ///     "\"BTC\" is no ISO 4217 code of a currency with a minor unit, such as \"EUR\"",
    /// );
    /// ```
    pub fn from_code(code: &str) -> Result<Self, UnknownCurrency> {
        let unknown = || UnknownCurrency {
            code: code.chars().take(16).collect(),
        };
        let mut upper = [0; 3];
        let bytes = code.as_bytes();
        if bytes.len() != upper.len() {
            return Err(unknown());
        }
        upper.copy_from_slice(bytes);
        upper.make_ascii_uppercase();
        CODES
            .binary_search_by(|known| known.as_bytes().cmp(&upper))
            .ok()
            .and_then(Currency::from_index)
            .ok_or_else(unknown)
    }

    /// The code of three letters.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns::families::payments::Currency::EUR.code(), "EUR");
    /// ```
    pub fn code(self) -> &'static str {
        self.as_label()
    }

    /// The code of three digits.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns::families::payments::Currency::EUR.numeric(), 978);
    /// ```
    pub fn numeric(self) -> u16 {
        self.iso().numeric()
    }

    /// The decimal digits of the minor unit: one of the currency is 10 to this power of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::payments::Currency;
    ///
    /// assert_eq!(Currency::JPY.exponent(), 0);
    /// assert_eq!(Currency::EUR.exponent(), 2);
    /// assert_eq!(Currency::KWD.exponent(), 3);
    /// ```
    pub fn exponent(self) -> u32 {
        // Each of the list has one; a test asks them all.
        self.iso().exponent().map_or(0, u32::from)
    }

    fn iso(self) -> Iso {
        ISO[usize::from(self.0)]
    }
}

#[diagnostic::do_not_recommend]
impl LabelValue for Currency {
    const VALUES: &'static [&'static str] = CODES;

    fn index(&self) -> usize {
        usize::from(self.0)
    }

    fn from_index(index: usize) -> Option<Self> {
        let position = u8::try_from(index).ok()?;
        (index < CODES.len()).then_some(Currency(position))
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Currency::from_code(code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A text that is no currency; see [`Currency::from_code`]. It keeps the first 16 characters.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::payments::Currency;
///
/// assert!(Currency::from_code("euros").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCurrency {
    code: String,
}

impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no ISO 4217 code of a currency with a minor unit, such as \"EUR\"",
            self.code
        )
    }
}

impl std::error::Error for UnknownCurrency {}

/// An amount of money: a currency, and how many of its minor units.
///
/// It is 0 or more, and [`Amount::MOST_MINOR_UNITS`] at the most: a single payment above that is a
/// mistake, and would no longer be exact in Prometheus, which keeps floats.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::payments::{Amount, Currency};
///
/// let price = Amount::from_decimal(Currency::EUR, "12.34")?;
/// assert_eq!(price, Amount::from_minor_units(Currency::EUR, 1234)?);
/// # Ok::<(), vitalsigns::families::payments::AmountError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    currency: Currency,
    minor_units: u64,
}

impl Amount {
    /// The largest amount: 2^53 minor units, up to which a float holds every whole number. In
    /// euros that is 90 trillion, in dinars of Kuwait 9.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::payments::{Amount, Currency};
    ///
    /// assert!(Amount::from_minor_units(Currency::EUR, Amount::MOST_MINOR_UNITS).is_ok());
    /// ```
    pub const MOST_MINOR_UNITS: u64 = 1 << 53;

    /// So many minor units: cents of euros, yen, fils of dinars. Any type of integer will do.
    ///
    /// # Errors
    ///
    /// [`AmountError::Negative`] and [`AmountError::TooLarge`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::payments::{Amount, AmountError, Currency};
    ///
    /// assert_eq!(Amount::from_minor_units(Currency::JPY, 500)?.minor_units(), 500);
    /// assert_eq!(Amount::from_minor_units(Currency::JPY, -500), Err(AmountError::Negative));
    /// # Ok::<(), AmountError>(())
    /// ```
    pub fn from_minor_units(
        currency: Currency,
        minor_units: impl Into<i128>,
    ) -> Result<Self, AmountError> {
        let minor_units = minor_units.into();
        if minor_units < 0 {
            return Err(AmountError::Negative);
        }
        match u64::try_from(minor_units) {
            Ok(minor_units) if minor_units <= Amount::MOST_MINOR_UNITS => Ok(Amount {
                currency,
                minor_units,
            }),
            _ => Err(AmountError::TooLarge),
        }
    }

    /// The amount that a decimal number says: digits, and after a point as many more as the
    /// currency has, or fewer. Zeros beyond them are taken, as databases write `12.3400`. It is
    /// exact: no float is made on the way.
    ///
    /// # Errors
    ///
    /// [`AmountError::NotANumber`] for anything else than digits with a point between them,
    /// [`AmountError::Negative`] for such a number behind a minus, [`AmountError::TooPrecise`] for
    /// parts of a minor unit and [`AmountError::TooLarge`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::payments::{Amount, AmountError, Currency};
    ///
    /// assert_eq!(Amount::from_decimal(Currency::EUR, "0.1")?.minor_units(), 10);
    /// assert_eq!(Amount::from_decimal(Currency::JPY, "1200")?.minor_units(), 1200);
    /// assert_eq!(Amount::from_decimal(Currency::KWD, "1.005")?.minor_units(), 1005);
    /// assert_eq!(Amount::from_decimal(Currency::EUR, "1.005"), Err(AmountError::TooPrecise));
    /// assert_eq!(Amount::from_decimal(Currency::EUR, "1,200"), Err(AmountError::NotANumber));
    /// # Ok::<(), AmountError>(())
    /// ```
    pub fn from_decimal(currency: Currency, text: &str) -> Result<Self, AmountError> {
        let (is_negative, number) = match text.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, text),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return Err(AmountError::NotANumber),
            Some(parts) => parts,
            None => (number, ""),
        };
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(AmountError::NotANumber);
        }
        if is_negative {
            return Err(AmountError::Negative);
        }
        let digits = currency.exponent() as usize;
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > digits {
            return Err(AmountError::TooPrecise);
        }
        let filled = fraction.bytes().chain(std::iter::repeat(b'0')).take(digits);
        let mut minor_units: u64 = 0;
        for digit in whole.bytes().chain(filled) {
            minor_units = minor_units
                .checked_mul(10)
                .and_then(|units| units.checked_add(u64::from(digit - b'0')))
                .ok_or(AmountError::TooLarge)?;
        }
        Amount::from_minor_units(currency, minor_units)
    }

    /// The currency.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::families::payments::{Amount, Currency};
    /// let fare = Amount::from_minor_units(Currency::JPY, 210)?;
    /// assert_eq!(fare.currency(), Currency::JPY);
    /// # Ok::<(), vitalsigns::families::payments::AmountError>(())
    /// ```
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// How many minor units.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::families::payments::{Amount, Currency};
    /// assert_eq!(Amount::from_decimal(Currency::KWD, "2.5")?.minor_units(), 2500);
    /// # Ok::<(), vitalsigns::families::payments::AmountError>(())
    /// ```
    pub fn minor_units(self) -> u64 {
        self.minor_units
    }
}

/// As it is written: `12.34 EUR`, `500 JPY`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, code) = (self.currency.exponent(), self.currency.code());
        let one = 10u64.pow(digits);
        let (whole, rest) = (self.minor_units / one, self.minor_units % one);
        if digits == 0 {
            return write!(f, "{whole} {code}");
        }
        write!(f, "{whole}.{rest:0width$} {code}", width = digits as usize)
    }
}

/// Why something is no amount of money.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::payments::{Amount, Currency};
///
/// let error = Amount::from_decimal(Currency::JPY, "1.5").unwrap_err();
/// assert_eq!(error.to_string(), "the amount has more decimal places than its currency");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// It is below 0: money that goes back is a refund or a chargeback.
    Negative,
    /// It is more than [`Amount::MOST_MINOR_UNITS`].
    TooLarge,
    /// It has parts of a minor unit.
    TooPrecise,
    /// It is not written in digits with a point between them.
    NotANumber,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AmountError::Negative => {
                "the amount is below 0; money that goes back is a refund or a chargeback"
            }
            AmountError::TooLarge => "the amount is more than 2^53 minor units",
            AmountError::TooPrecise => "the amount has more decimal places than its currency",
            AmountError::NotANumber => {
                "the amount is not a decimal number: digits, and a point before the last of them"
            }
        })
    }
}

impl std::error::Error for AmountError {}

macro_rules! currencies {
    ($($code:ident)+) => {
        /// The codes, in the order of the alphabet.
        const CODES: &[&str] = &[$(stringify!($code)),+];

        /// What the standard says of each.
        const ISO: &[Iso] = &[$(Iso::$code),+];

        /// The position of each code.
        #[allow(clippy::upper_case_acronyms)]
        #[repr(u8)]
        enum Position { $($code),+ }

        impl Currency {
            $(
                #[doc = concat!("The currency `", stringify!($code), "`.")]
                pub const $code: Currency = Currency(Position::$code as u8);
            )+
        }
    };
}

currencies! {
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN
    BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD
    EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
    MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB
    PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD
    SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS
    VED VES VND VUV WST XAD XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
}
