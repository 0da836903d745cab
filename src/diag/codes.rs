//! One entry a code: what `dropnet explain CODE` prints. Codes are never reused.
//!
//! Blocks: E00 syntax, E01 names, E02 arguments, E03 shapes, E04 training, E05 data, E06 checkpoint, E07 export;
//! W01 advice on dropout, W02 style, W03 deprecation.
//! Invariants (tested below): sorted, no code twice, every code used in `src` has an entry.

/// Code and text: a title line, a blank line, then meaning, an example that fires it, and the way out.
pub const CODES: &[(&str, &str)] = &[
    (
        "E0001",
        r#"The line does not fit the language

A statement is `word arg, arg, key=value`, perhaps with a `{ block }`, one to a line; `->` joins several layers.
The text at the caret fits none of the forms of edition 1, and nothing nearer can be said about it.

    if 1 < a < 2 {        comparisons do not chain

Write `if 1 < a and a < 2 {`. When in doubt, put each layer on a line of its own: the line that still fails is the
one to look at."#,
    ),
    (
        "E0002",
        r#"A comma is missing between two values

Arguments are separated by commas, so a value right behind a finished value has no meaning.

    dense 50 bias=false
    dense h -1            reads as `h` and then the number -1

Write `dense 50, bias=false`. To subtract, put a blank on both sides of the minus or on neither: `h - 1`. A minus with
a blank before it and none after it is always a sign, so that `dropout -0.2` and `f 3, -1` mean what they look like."#,
    ),
    (
        "E0003",
        r#"An arrow is missing between two layers

Several layers stand on one line only if `->` leads from each to the next.

    dense 50 relu

Write `dense 50 -> relu`, or put `relu` on the next line: a value flows downward by itself."#,
    ),
    (
        "E0004",
        r#"A layer is missing next to an arrow or a label

`->` leads from one layer to the next, and `label:` names the result of the chain behind it; each needs a layer there.

    dense 50 -> relu ->
    left:

Remove the arrow or write the layer. A line may begin with `->`: then it continues the line above."#,
    ),
    (
        "E0005",
        r#"A name gets its value by `param` or `let`

`param p = 0.5` makes a knob (`--set p=0.3` turns it), `let q = p / 2` derives a value from earlier names. A bare
`p = 0.5` is no statement, and `==` compares instead of giving a value.

    p = 0.5
    param p == 0.5
    if depth = 2 {

Write `param p = 0.5`, and `==` in conditions."#,
    ),
    (
        "E0006",
        r#"Not a number the language can read

Numbers begin and end with a digit: `0.5`, `10_000`, `1e-3`. A unit follows without a blank: `25ms`, `50%`,
`5epochs`. Sizes are whole numbers joined by `x`: `3x3`, `28x28x1`. Values must fit a double.

    dropout .5
    param a = 10_
    param b = 1e999

Write `dropout 0.5`; remove the underscore at the end; choose a value that is finite."#,
    ),
    (
        "E0007",
        r#"A string is not closed, or has an unknown escape

Strings begin and end with `"` on one line. Inside, `\"`, `\\`, `\n` and `\t` are the only escapes.

    source csv, "concrete.csv, header=true
    source csv, "data\quick.csv"

Close the string before the comma. In file names write `/`, or two backslashes."#,
    ),
    (
        "E0008",
        r#"A brace has no partner

Each `{` needs its `}`. Where counting cannot tell which one is wrong, indentation does: a `}` at the start of a line
closes the block whose first line has the same indentation, and a brace opened inside since then is the one reported.

    net {
      residual {
        dense 8
      relu
    }

Here `residual {` is never closed: put a `}` before `relu`. A brace inside a string or comment does not count."#,
    ),
    (
        "E0009",
        r#"A bracket has no partner

Each `(` needs its `)` and each `[` its `]`. They may span lines only where a line ends in `,` or in the opening
bracket, or the next one begins with the closing one.

    dense (3 + 4
    concat over=[time, freq)

Close the bracket with its own kind, on the same line."#,
    ),
    (
        "E0010",
        r#"Too deep, too long or too many

Brackets and braces may stand 64 deep, an expression may have 256 operators and an `if` 64 arms. No net needs more;
the limits keep a damaged or generated file from exhausting the compiler.

    param a = ((((((((((...))))))))))     more than 64 deep

Name the inner part with `let`, or move the inner lines to a `block`."#,
    ),
    (
        "E0011",
        r#"A keyword cannot be a name

`param`, `let`, `block`, `if`, `else`, `repeat` and `as` are keywords. They begin statements and cannot name a
parameter, an argument, a label or a layer; nor can they stand behind `->`.

    param block = 3
    dense 3 -> repeat 2 { relu }

Choose another word, such as `block_size`; end the chain before `repeat` and begin a new line."#,
    ),
    (
        "E0012",
        r#"A character or operator of another language

The language uses ASCII letters and digits, `_`, and `-> = { } ( ) [ ] , : . # "` besides the operators
`+ - * / ^ == != <= >= < > .. and or`. Statements end with their line. Text of any alphabet may stand in strings and
comments.

    dense 3;
    dense 3 → relu
    load 'x.ckpt'

Write `dense 3`, `dense 3 -> relu`, `load "x.ckpt"`. A power is `2^3`; the opposite of `deep` is `deep == false`."#,
    ),
    (
        "E0013",
        r#"A value is missing

After `=`, `,`, `:`, an operator or an opening bracket a value must follow on the same line, except that a line may
break after `,` and after `(` or `[`.

    dense 3, bias=
    param a = 2 *
    dense , bias=false

Write the value, or remove what asks for it. The first argument of a layer follows its name without a comma."#,
    ),
    (
        "E0014",
        r#"The head of a statement is incomplete

The statements with keywords have fixed heads: `param p = 0.5`, `let q = p / 2`, `block Name(a, b=1) {`, `if c {`,
`} else {`, `repeat 3 {`, `repeat 3 as i {`. A part is missing, or `else` stands on a line of its own.

    block Foo {
    repeat {

Write `block Foo() {`, with parentheses even where there are no arguments, and `repeat 3 {`."#,
    ),
    (
        "E0015",
        r#"A blank before a bracket, or none

`sqrt(2)` and `real[4]` are one value, so the bracket touches the word; with a blank it would be the next argument.
For a layer both `dense 64` and `dense(64)` are accepted, but all arguments are inside the parentheses or none is, and
a list is set off by a blank: `reshape [4, 4]`.

    dense sqrt (2)
    dense[3]
    dense(64), bias=false

Write `dense sqrt(2)`, `dense [3]`, `dense 64, bias=false`."#,
    ),
    (
        "E0016",
        r#"Two statements on one line

One line holds one statement; what follows a `}` on its line is only `->`, `else` or another `}`.

    data { batch 32 } train { epochs 10 }

Begin a new line."#,
    ),
    (
        "E0017",
        r#"A comma at the line end joins two lines

After a `,` a statement goes on in the next line. So a comma left at the end of a finished statement makes the next
statement one of its arguments.

    dense 64,
    dropout 0.5

Remove the comma behind 64."#,
    ),
    (
        "E0501",
        r#"A data section needs a `source`

Everything else in `data` is about rows, and nothing says where they come from.

    data { batch 32 }

Add one: `source csv, "table.csv"`, or for a first try `source moons, rows=1000, noise=0.2`."#,
    ),
    (
        "E0502",
        r#"A statement of `data` stands twice

Each statement of the section may be written once: the second would silently replace the first.

    batch 32
    batch 64

Keep one of them."#,
    ),
    (
        "E0503",
        r#"Words of `split` contradict one another

`folds=`, `given=` and shares each say which rows are for testing, and some words only help another: `fold` belongs to
`folds`, `number` to `given`, `take` to `valid`, `seed` to a shuffle.

    split folds=5, train=80%
    split fold=2

Keep one way of dividing, and write the word that the helper belongs to."#,
    ),
    (
        "E0504",
        r#"A share of the rows is neither a count nor a fraction

`train`, `valid` and `test` are counts of two rows or more, percentages, or fractions below 1; together fractions make at
most 100 %. A plain 1 could be one row or all of them.

    split train=80%, valid=30%
    split valid=2.5

Write for example `split valid=10%, test=20%`: the training part is what remains."#,
    ),
    (
        "E0505",
        r#"A statement of `data` does not fit the source

`inputs` and `target` choose among the columns of a table; arrays (`idx`, `npy`) have one input and one target a row.
`split given=` reads index files beside a data file, which generators and built-in sets do not have.

    source idx, "mnist"
    inputs 1..8

Leave the statement out, or read a table with `source csv`."#,
    ),
    (
        "E0506",
        r#"Columns are not named as columns

Columns are counted from 1, ranges run upwards with both ends included, and names stand bare or in quotes.

    inputs 0..7
    inputs 8..1

Write `inputs 1..8`, or `inputs age, "bill length"`."#,
    ),
    (
        "E0507",
        r#"The arguments of a source do not go together

Each is fine alone; together they leave something out or say it twice. `idx` takes a folder or its files, and files come
in pairs; a delimiter is one character; every class of a generator needs a row; built-in sets have fixed names.

    source idx, images="a.gz"
    source builtin, "boston"

Give what the message says is missing: `source idx, images="a.gz", labels="b.gz"`."#,
    ),
    (
        "E0508",
        r#"A normalisation that cannot be

A target that is a class has no mean, `per=` is about inputs only, and a scale of 0 leaves nothing of them.

    normalize inputs, target        with `output y: class[3]`

Write `normalize inputs`."#,
    ),
    (
        "E0520",
        r#"A data file was not found

A name is looked up beside the `.net` file, then in `data/` of the working directory, then under the folder that the
environment variable DROPNET_DATA names. The message lists where it was sought, and for well-known sets the public original.

    source idx, "mnist"

Put the files into one of these places, or set DROPNET_DATA."#,
    ),
    (
        "E0521",
        r#"A data file is cut off or damaged

The header of an IDX or npy file, or the gzip stream around it, promises more or other bytes than there are.

    train-images-idx3-ubyte.gz after an interrupted download

Fetch the file again and compare its size or checksum with the original."#,
    ),
    (
        "E0522",
        r#"A row has another number of fields

Every row of a table has as many fields as its first. Common causes: a delimiter inside a field without quotes, a quote
that never closes, or another delimiter than the file says.

    a,b,c
    1,2

Correct the row, quote the field (`"1,5"`), or give `delimiter=`."#,
    ),
    (
        "E0523",
        r#"A cell is not a number

A column holds numbers if its first known value is one; a later cell that is no finite 32-bit number does not fit. In
prediction a cell must be of the kind it was in training.

    age
    41
    forty

Correct the cell. An unknown value is an empty cell, `NA`, `NaN`, `null` or `?`; see `missing=` of `source csv`."#,
    ),
    (
        "E0524",
        r#"A value is missing

An empty cell, `NA`, `NaN`, `null` or `?` stands for a value that is not known, and nothing says what to do about it.

    source csv, "penguins.csv"

Write `missing=drop` to leave such rows out or `missing=mean` to fill in the training part's mean (for words: the most
frequent one). Targets are never filled in. A column without a known value in training must be left out."#,
    ),
    (
        "E0525",
        r#"Text is not UTF-8

The bytes on the line are no UTF-8 character; often the file is in an older encoding such as Latin-1.

    M\xfcller

Convert it once: `iconv -f latin1 -t utf-8 old.csv > new.csv`."#,
    ),
    (
        "E0526",
        r#"The header of a table is wrong

With `header=true`, which is the default, the first line names the columns: names differ from one another, and they are
not all numbers.

    5.1,3.5,1.4,0.2

If the first line is a row already, write `header=false`; otherwise give each column its own name."#,
    ),
    (
        "E0527",
        r#"A column is not there, or is used twice

`inputs` and `target` name columns of the table by number (from 1) or by the header's name; no column is both, and none
is named twice. A file for prediction that has a header must have every column that the net reads.

    target species        where the header says `Species`

The message lists the columns that there are. If there is only one, the delimiter is probably another."#,
    ),
    (
        "E0528",
        r#"There are no rows

The file is empty, holds only a header, or every row was left out because of a missing value.

    name,age,kind

Check that the file is the one that was meant, and with `missing=drop` that the used columns are mostly known."#,
    ),
    (
        "E0529",
        r#"A file has another format than its source says

IDX files begin with two zero bytes, a type byte (08, unsigned bytes) and the number of dimensions; npy files begin with
the word NUMPY and hold numbers in C order.

    source idx, images="cat.png", labels="labels.gz"

Check the name; other formats are converted first, for example with np.save(name, np.ascontiguousarray(x))."#,
    ),
    (
        "E0530",
        r#"Inputs and targets differ in number

Row i of the inputs belongs to row i of the targets, so both files hold the same number of rows.

    train-images with t10k-labels

One of the two belongs to another part or another set: name the right one."#,
    ),
    (
        "E0531",
        r#"A target value does not fit the output

`class[K]` over arrays has labels 0 to K-1, `bits` has 0 and 1 (or two words), `real` has numbers.

    output digit: class[10]        and a label 10

Correct the value, or change the output to what the data hold."#,
    ),
    (
        "E0532",
        r#"The target and the output differ in size

`class[K]` says K classes, and the target column has another number of different values; or the output is `real[D]` or
`bits[D]` and the target is another number of columns. One class alone leaves nothing to learn.

    output kind: class[4]        and the target holds `a`, `b`, `c`

The message lists the classes: correct the output, or the column in `target`."#,
    ),
    (
        "E0533",
        r#"The inputs and a row differ in size

The numbers of a row fill the net's inputs one after another and must come out even. A column of words gives one number a
category. Arrays feed a single input.

    input x: real[8]        and a row gives 10 numbers

Correct the input's size, or choose columns with `inputs`."#,
    ),
    (
        "E0534",
        r#"The rows cannot be divided like that

`split` asks for more rows than there are, leaves none to train on, makes a part without a row, or asks for a test part
where the source has its own.

    split train=1000, valid=200        for a table of 1100 rows

Use percentages, or counts that fit; a source with a test part (`mnist`) is split into `train=` and `valid=` only."#,
    ),
    (
        "E0535",
        r#"A category that training never saw

The net has one input for each category of the training data, and this word is none of them.

    island
    Atlantis

Correct the word. If unknown words are to be expected, train with `unknown=zero` on `source csv`: they give 0 everywhere."#,
    ),
    (
        "E0536",
        r#"A mean over channels that are not there

`normalize per=channel` takes one mean and deviation for each channel of a picture, the last of its three axes. A table
has columns, not channels.

    source csv, "table.csv"
    normalize per=channel

Write `normalize inputs` (each column by itself) or `normalize per=all`."#,
    ),
    (
        "E0537",
        r#"An index file does not fit the table

Each line of `index_train_K.txt` and `index_test_K.txt` is the number of a row, counted from 0; no row stands twice, and
no rows may have been left out before, since the numbers would shift.

    1030        for a table of 1030 rows

Correct the file; with missing values write `missing=mean` instead of `missing=drop`."#,
    ),
    (
        "E0538",
        r#"The checkpoint's way of reading rows contradicts itself

A checkpoint carries how raw cells become inputs; the sizes in it do not fit one another.

    dropnet predict DIR --input rows.csv        with a checkpoint that was edited

The file was changed by hand or damaged: take a copy, or train again."#,
    ),
];

/// The page of a code, or `None` for a code that does not exist. Case does not matter.
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// String literals of the form `"E0123"` or `"W0123"` in the sources under `folder`, their tests aside.
    fn used_codes(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                used_codes(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).expect("source file");
                let text = text.split("#[cfg(test)]").next().unwrap_or("");
                let literals = text.split('"').filter(|piece| piece.len() == 5);
                let codes = literals.filter(|piece| {
                    let digits = piece.strip_prefix("E0").or(piece.strip_prefix("W0"));
                    digits.is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
                });
                found.extend(codes.map(str::to_string));
            }
        }
    }

    #[test]
    fn every_code_in_use_has_a_page() {
        let mut used = BTreeSet::new();
        used_codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        let missing: Vec<_> = used.iter().filter(|code| explain(code).is_none()).collect();
        assert!(missing.is_empty(), "codes without an entry in src/diag/codes.rs: {missing:?}");
    }

    #[test]
    fn codes_are_sorted_and_unique() {
        for pair in CODES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} stands before {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn pages_have_a_title_and_sentences() {
        for (code, text) in CODES {
            let (title, rest) = text.split_once("\n\n").unwrap_or((text, ""));
            assert!(!title.contains('\n') && !title.ends_with('.'), "{code}: title");
            assert!(rest.matches(['.', ':']).count() >= 2, "{code}: meaning, example, way out");
        }
    }

    #[test]
    fn explain_knows_only_real_codes() {
        assert!(explain("E0008").is_some_and(|text| text.contains("brace")));
        assert_eq!(explain("e0008"), explain("E0008"));
        assert_eq!(explain("E9999"), None);
        assert_eq!(explain(""), None);
    }
}
