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

Brackets and braces may stand 64 deep, an expression may have 256 operators and an `if` 64 arms; a name has at most
255 characters, and of lines that cannot be read the first 1000 are listed. No net needs more; the limits keep a damaged
or generated file from exhausting the compiler.

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
a list is set off by a blank: `reshape [4, 4]`. A size is one value too: `crop 12x12`.

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
        "E0101",
        r#"No such name in an expression

A bare word in an expression is a `param`, a `let` above, an argument of the block around it, or an attribute of the
data such as `data.rows`; functions are a fixed list. Only as the whole value of a `param`, in `vary` and beside `==` or `!=` it may be a word of
the language: `param act = relu`.

    dense hiden           where the file says `param hidden = 64`

Correct the name, or declare it: `param hiden = 64`."#,
    ),
    (
        "E0102",
        r#"A name is defined twice

A `param`, `let`, block, block argument or label has one definition: with two, the reader could not tell which one
counts. Labels also name weights in the checkpoint.

    param p = 0.2
    let p = 0.5

Rename one of them."#,
    ),
    (
        "E0103",
        r#"A statement stands where it has no meaning

Outside sections a file has `edition`, `param`, `let`, `block` and the sections `data`, `augment`, `net`, `train`,
`predict` and `sweep`. Layers stand inside `net`, statements of training inside `train`.

    dense 10              outside `net { ... }`

Move the line into its section. A section this version does not know may need a newer dropnet."#,
    ),
    (
        "E0104",
        r#"Once and only once

Each section, and most statements of `train`, stand exactly once; `net` is required.

    train { ... }
    train { ... }

Merge the two, or write the missing one."#,
    ),
    (
        "E0105",
        r#"The net has no input, no output, or nothing to work on

A net begins with `input name: type` and ends with `output name: type`. A layer needs a value above it.

    net {
      dense 10
    }

Begin with, for example, `input x: real[8]`, and end with `output y: class[3]`."#,
    ),
    (
        "E0106",
        r#"No such label

`from`, `reuse`, `concat a, b` and their kin name an input or the label of a chain above; labels are seen from their
line on, in their block. `reuse` needs a chain with layers, since it shares their weights.

    from stem             before any `stem: ...`

Correct the name, or put `stem:` before the chain meant."#,
    ),
    (
        "E0107",
        r#"A definition or statement in the wrong kind of place

`param`, `let` and `block` stand at the top of the file (`let` in blocks too); lines of `data`, `train` and the other
sections are single statements without `->` or `repeat`, and `if` stands in `net`, blocks, `train` and `augment` alone.

    net {
      param p = 0.5
    }

Move the definition above the sections."#,
    ),
    (
        "E0108",
        r#"A block calls itself

Blocks are expanded when the file is compiled, so a block that contains itself would never end.

    block Tower(n) {
      Tower n
    }

Use `repeat n { ... }` inside the block."#,
    ),
    (
        "E0110",
        r#"This name is taken, or has the wrong case

Blocks of yours are CamelCase and layers of the language snake_case, so a new layer can never clash with your file.
Names of sections and axes (`train`, `time`, ...) cannot name a parameter. `dense_1` names the first dense layer without a
label, so it cannot be a label too: two weights would have one name in the checkpoint. Where a word is wanted, a param of that word's name would be
read in two ways.

    block stage(width) { dense width }
    param time = 3

Write `block Stage(width)`, `param time_steps = 3`."#,
    ),
    (
        "E0111",
        r#"`--set` does not fit the file

`--set name=value` replaces the value of a `param`; the value is an expression as in the file.

    dropnet check m.net --set hiden=64      without `param hiden`

Correct the name; `let` cannot be set, since it is derived."#,
    ),
    (
        "E0112",
        r#"Unknown edition

`edition 1` at the top says which meaning the words have. A new edition may change it, never silently; this version
knows edition 1 only.

    edition 2

Write `edition 1`, or use a dropnet that knows the edition."#,
    ),
    (
        "E0201",
        r#"A required argument is missing

Some arguments have no usual value, so the layer or statement cannot do without them.

    dense                 how many units?

Write it: `dense 64`. `dropnet explain LAYER` lists arguments and their defaults."#,
    ),
    (
        "E0202",
        r#"No such argument

Named arguments are those of the word they follow; a misspelt one is an error rather than ignored.

    dense 64, bais=false

Correct the name: `bias=false`."#,
    ),
    (
        "E0203",
        r#"No such layer or word

The name is neither a word of the language nor a block of this file. Blocks of the file are CamelCase, words of the
language snake_case.

    dropuot 0.5

Correct the spelling: `dropout 0.5`; for a layer of your own write a `block`."#,
    ),
    (
        "E0204",
        r#"Not in this version

The word belongs to the language, and the file is read and formatted, but this version cannot compile it. Nothing is
read and then ignored.

    share=rows            one draw for all rows of a prediction

Leave it out, use what the message proposes, or a newer dropnet."#,
    ),
    (
        "E0205",
        r#"A value of the wrong kind

Arguments are numbers, sizes, words, names, lists or strings, each in its place, and `input` and `output` take
`name: type`.

    dense "64"
    input x: class[3]

Write a value of the kind the message names: `dense 64`, `input x: real[3]`."#,
    ),
    (
        "E0206",
        r#"A value outside its range

The number has the right kind but not a possible value: rates are at least 0 and below 1, sizes are whole numbers
from 1 on, a class output has at least 2 classes. Nets compute in 32 bits: a number that is not 0 and would be 0 there (below about 1.2e-38), that
would be infinite (above about 3.4e38), or that would be 1 where it must be less, is none that could act. Rates of dropping come in steps
of 1/65536.

    dropout 1.5
    dense 0

Choose a value inside the range the message gives. A dropout rate is the probability of dropping."#,
    ),
    (
        "E0207",
        r#"A unit that does not fit

A unit is part of a number: `25ms`, `5epochs`, `50%`. An argument takes the units of its quantity only, and both sides
of `+`, `-` and comparisons need the same one.

    schedule cosine, warmup=5s
    let a = 5ms + 3

Write the unit asked for: `warmup=5epochs`; `1s` is a second, `1steps` is one step."#,
    ),
    (
        "E0208",
        r#"Known only once the data is read

Attributes such as `train.rows` have their value when data is loaded. They may stand in rates, penalties and schedules,
not in shapes, which must be known before. A size that the data say is written `_`, in the type of an input or of the output and
nowhere else; among several inputs it is the last one's, which takes what the others leave of a row.

    dense data.rows
    dense _

Write the number, or a `param`."#,
    ),
    (
        "E0209",
        r#"Dropout needs a rate here

A bare `dropout` takes the rate usual for its place: 0.2 behind an input, 0.5 in hidden layers, 0.1 behind
convolutions. Where several values meet there is no usual one.

    concat a, b
    dropout

Write the rate: `dropout 0.5`."#,
    ),
    (
        "E0210",
        r#"Too many arguments, or one twice

Each argument is given once, by its place or by its name; only the first few may go without a name.

    dense 64, units=32
    relu 3

Remove one, or name the argument meant."#,
    ),
    (
        "E0211",
        r#"Two arguments or layers that exclude each other

Each part is fine alone, but together they have no meaning, or one would have no effect.

    dropout 0.5, keep=0.5
    drop_connect 0.5 { relu }      without weights inside
    lr stem, factor=0.1            beside `freeze stem`

Keep the one you mean: `dropout 0.5` and `dropout keep=0.5` both drop half the units."#,
    ),
    (
        "E0213",
        r#"A block too many, or one missing

`residual`, `concat`, `drop_connect` and some others hold layers in `{ ... }`; most layers hold none.

    dense 64 { relu }
    residual

Write `dense 64 -> relu`, and `residual { ... }` with the layers of the branch."#,
    ),
    (
        "E0214",
        r#"A number that is not finite

Expressions are computed when the file is compiled. A division by zero or an overflow is reported at the expression
where it happens.

    let rate = 1 / (n - 3)         with `param n = 3`

Change the expression or the parameter."#,
    ),
    (
        "E0215",
        r#"Not one of the words this argument takes

Some arguments take one word from a short list, such as `kind=bernoulli|gaussian|alpha` of `dropout`. A name that is not in the list stands for
its value, which must be one of the words: `param law = gaussian`. So must a word that a param is compared with or tries.

    dropout 0.5, kind=gausian

Write one of the words the message lists."#,
    ),
    (
        "E0216",
        r#"A value that has grown too large

A list holds at most 10000 values, an expression that waits for the data at most 1000 characters, and all names of a file together ten million
values. A name that holds another one twice doubles with each line: forty lines would fill any memory.

    let a1 = [a0, a0]
    let a2 = [a1, a1]

Write a list out where it is used."#,
    ),
    (
        "E0301",
        r#"The value has the wrong shape for this layer

A layer reads the value above it, and its shape must be one the layer can use. The message shows both ends: the layer
that complains, and where the value comes from. Shapes leave the batch out.

    input image: real[28, 28, 1]
    dense 10              expects a vector

Insert what brings the shapes together, here `flatten`. Windows of `conv` and pools have to fit on their map, with its border: after a few pools a
map may be smaller than the next window. `groups=` has to divide the channels and the filters."#,
    ),
    (
        "E0302",
        r#"The value has no such axis

`share=` and `axis=` name an axis by its role: pictures have height, width and channel (`space` is the first two),
sequences have time. A plain vector has none of them.

    input x: real[8]
    dropout 0.5, share=space

Leave the argument out, or apply the layer where the axis still exists (before `flatten`)."#,
    ),
    (
        "E0303",
        r#"Values that meet have different shapes

`add`, `mul`, `residual` and `concat` combine values, and those must agree: in all dimensions for sums and products, in
all but the joined one for `concat`.

    residual { dense 32 }          on a value of 64

Make the branch end in the same shape: `dense 64`."#,
    ),
    (
        "E0304",
        r#"The net ends in the wrong shape for its output

`class[K]` reads K logits, `real[D]` reads D numbers, `normal[D]` reads 2 D (mean and log-variance), `bits[K]` reads K.

    dense 5
    output y: class[10]

Let the last layer have that width: `dense 10`."#,
    ),
    (
        "E0305",
        r#"Too large

A value may have at most 2147483647 numbers a row, and one parameter at most a terabyte. Mostly a size is mistyped or
a product of sizes grew unseen.

    dense 4_000_000_000

Choose a smaller size."#,
    ),
    (
        "E0306",
        r#"Probabilities where logits are read

`output y: class[K]` takes logits and applies softmax itself, `output y: bits[K]` a sigmoid, both in the loss and in predictions. What is a
probability already, or the logarithm of one, leaves logits no room: behind `sigmoid` no bit would have a probability below 0.5 or above 0.731,
whatever is learnt. Layers that hand their input on in prediction (`dropout`, `noise`, `reshape`, ...) do not change that.

    dense 10 -> softmax
    output y: class[10]

    dense 1 -> sigmoid
    output y: bits[1]

Take the `softmax` or `sigmoid` out: predictions are probabilities all the same."#,
    ),
    (
        "E0307",
        r#"A branch that is dropped and has no way around it

`drop_path` keeps or drops its whole block for a row. What is left of the row where it is dropped is what goes around the block: in a `residual` the
value that went into it. Where every way from the inputs to the output leads through the block nothing is left, and the net says the same of all such rows.

    conv 32, 3x3
    drop_path 0.1 { relu -> conv 32, 3x3 }      # nothing around it

    conv 32, 3x3
    residual {
      drop_path 0.1 { relu -> conv 32, 3x3 }
    }

Put it into a `residual`. `dropout` drops units and needs no way around them; `share=space` drops whole maps."#,
    ),
    (
        "E0308",
        r#"A layer that does not know where rows end

Rows of `series[T, c]` and `token[T, vocab=V]` have lengths, and what lies behind a row's end is filling. Layers that act on each step by itself
(`dense`, `relu`, `dropout`, ...) need not know where it is, and layers that cross time (`mean_pool over=time`, `conv`, ...) leave it out. Others
would take it for a part of the row.

    input x: series[24, 3]
    flatten -> dense 8

Take time away by a layer that respects lengths, `mean_pool over=time` or `max_pool over=time`. A series whose rows are all of one length
may be declared without: `input x: real[24, 3]`."#,
    ),
    (
        "E0309",
        r#"Tokens where numbers are read

`token[T, vocab=V]` are the numbers of words, characters or bytes in a vocabulary. They are names: neighbours among them have nothing in common,
and no layer but one that looks them up can compute with them.

    input text: token[128, vocab=10_000]
    dense 8

Look them up in a table of vectors that are learnt, which is what `embedding` does."#,
    ),
    (
        "E0402",
        r#"The loss does not fit the output

Each loss reads certain outputs: `cross_entropy` reads `class[K]`, `binary_cross_entropy` reads `bits[K]`,
`squared_error` and its kin read `real[D]`, `gaussian_nll` reads `normal[D]`.

    output y: real[1]
    loss cross_entropy

Change the loss, or declare the output as what it is."#,
    ),
    (
        "E0403",
        r#"The metric does not fit the output

Accuracy, top-k and F1 judge classes; RMSE, MAE and R2 judge numbers.

    output y: real[1]
    report accuracy

Report a figure of that kind of output, such as `report rmse`."#,
    ),
    (
        "E0404",
        r#"The training section is incomplete

To train, a net needs its loss, its optimizer and how many epochs to run.

    train {
      epochs 10
    }

Add the line the message proposes, for example `loss cross_entropy`, `optimizer adam, lr=1e-3` or `epochs 20`."#,
    ),
    (
        "E0405",
        r#"Augmentation without effect

`augment` acts in training only, on the rows of the training part.

    augment { mixup alpha=0.2 }    without a `train` section

Add `train { ... }`, or remove the section."#,
    ),
    (
        "E0406",
        r#"A figure that is not reported cannot be watched

`stop_early watch=` and `schedule plateau` follow a figure that each epoch prints: the loss, and what `report` names. They look after whole epochs:
a run of fewer `steps` than an epoch has shows them none.

    stop_early patience=5, watch=valid.accuracy       without `report accuracy`

Add it to `report`, or watch one of the figures in the list."#,
    ),
    (
        "E0407",
        r#"Monte-Carlo dropout of a net without dropout

`mc_dropout` predicts by the mean over samples with dropout on, and tells from their differences how uncertain a row is. A net in which no
rate is above 0 gives the same sample every time: it would look perfectly certain.

    net { input x: real[4]
          dense 3
          output y: class[3] }
    predict { mc_dropout samples=100 }

Put a `dropout` (or `drop_connect`) with a rate above 0 into the net, or write `weight_scaling`."#,
    ),
    (
        "E0408",
        r#"Sub-networks that cannot be counted

`exact` averages over every mask of the live coins. Multipliers of `kind=gaussian` or `kind=concrete` are not coins, and beyond 24
coins nobody would wait.

    predict { exact }      with `dense 128 -> relu -> dropout 0.5`: 2^128 sub-networks

Write `mc_dropout samples=1000` or `ensemble`: sampled means come as near as you like, as one over the root of their number."#,
    ),
    (
        "E0409",
        r#"Rows are changed before they are mixed

`mixup` and its like mix the rows of a minibatch as the statements before them have left them. What changes rows one by one has no place behind.

    augment { mixup alpha=0.2
              flip horizontal }

Move the line in front of the statement that mixes."#,
    ),
    (
        "E0410",
        r#"A statement of pictures, and the net sees none

`crop`, `flip` and most of `augment` change pictures: an input of height, width and channels. A row of plain numbers has no left and right.

    augment { flip horizontal }
    net { input x: real[784]
          ... }

Write the input as what it is, `input x: real[28, 28, 1]`, with `flatten` behind it where the net wants a vector."#,
    ),
    (
        "E0411",
        r#"A statement that does not fit the pictures

What `augment` makes of the pictures of the data is what the net's input takes, and a window fits into the picture that it is cut out of.

    augment { crop 40x40 }
    net { input x: real[32, 32, 3]
          ... }

Write the size of the input; `pad=4` puts places around pictures of that size first."#,
    ),
    (
        "E0412",
        r#"Colours of numbers whose black and white nobody knows

Brightness, contrast and their like are functions of pictures between black and white; `fill=black`, `value=black` and `value=uniform` paint with them. Of bytes these are 0 and 255; of other numbers the data do not say.

    data { source npy, inputs="pictures.npy", labels="kinds.npy" }      floats
    augment { color_jitter brightness=0.4 }

Say it in `data`: `range 0..1`, in the numbers of the source."#,
    ),
    (
        "E0413",
        r#"A statement without fixed views

A prediction over views of a picture is the mean over the same few variants of every picture. `flip` has two and `translate` five; `rotate`, colours and erasing are drawn at random, and have none. Nor do predictions know means of the training rows.

    predict { augment { rotate 10deg } }

Write the statement in the section `augment`, where it acts in training."#,
    ),
    (
        "E0414",
        r#"A statement of texts, and the rows have no words to change

`synonym`, `word_drop` and their like change the words of a text: the tokens of `tokenize words`. Rows of numbers and pictures have none, and characters,
bytes and pieces of words are no words. Windows of a stream are foretold token by token, so there every token stays in its place: `word_mask`
and `synonym` act there, and what exchanges, inserts or leaves out words does not.

    augment { synonym 10% }
    net { input x: real[8]
          ... }

Leave the statement out, or read texts: `input text: token[_, vocab=_]`, and `tokenize words` in `data`."#,
    ),
    (
        "E0415",
        r#"A statement of sounds, and the net reads none

`pitch_shift`, `time_stretch`, `gain` and their like change the samples of a sound, and know how many of them are a second. Rows of numbers, pictures and
texts have no samples.

    augment { pitch_shift -2st..2st }
    net { input x: real[16_000]
          ... }

Leave the statement out, or read sounds: `input clip: wave[1s, rate=16kHz]`. `noise` is of both: `noise sd=0.1` on pictures, `noise snr=10dB..40dB` on sounds."#,
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
`folds`, `number` to `given`, `take` to `valid`, `seed` to a shuffle. Lists of groups, `test=[a, b]`, belong to `by=COLUMN` and say of a
part which rows it has, so that no share, fold or order of time says it too; `tail` and index files could cut a group in two.

    split folds=5, train=80%
    split fold=2
    split test=[ann, bob]

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
`split given=` reads index files beside a data file, which generators and built-in sets do not have. `split by=` needs a column that says
which rows belong together.

    source idx, "mnist"
    inputs 1..8

Leave the statement out, or read a table with `source csv`."#,
    ),
    (
        "E0506",
        r#"Columns are not named as columns

Columns are counted from 1, ranges run upwards with both ends included, and names stand bare or in quotes.

    inputs 0..7
    inputs 1.5..3

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

A target that is a class has no mean, `per=` is about inputs only, and a scale of 0 leaves nothing of them. Black and white of `range` are two
numbers.

    normalize inputs, target        with `output y: class[3]`

Write `normalize inputs`."#,
    ),
    (
        "E0509",
        r#"Texts without tokens

A text becomes numbers token by token, and what a token is decides what a net can learn: words, characters, bytes, or frequent pieces of words.

    source csv, "reviews.csv", text=review, label=mood

Say it: `tokenize words, vocab=20_000`. `dropnet explain tokenize` has all of it."#,
    ),
    (
        "E0520",
        r#"A data file was not found

A name is looked up beside the `.net` file, then beside the file that it was made of (`model.net` of a run and `best.net` of a sweep remember
it in the lock file beside them), in the working directory, in `data/` of it, and under the folder that the environment variable DROPNET_DATA
names. The message lists where it was sought, and for well-known sets the public original.

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

Correct the row, quote the field (`"1,5"`), or give `delimiter=`.

A quoted field may hold the ends of lines. A quote that never closes would make one field of all further rows, and so would one that
meets the next quote lines later, in the middle of a field: the message names the line on which it opens."#,
    ),
    (
        "E0523",
        r#"A cell is not a number

Most cells of a column are finite 32-bit numbers, and some are not: the first of them are named. It may be a slip, the mark
of an unknown value (`-`, `None`), or a number in another notation (`0,5`, `5%`, `1,234.5`). In prediction a cell must be of
the kind it was in training.

    age
    41
    forty

Correct the cell. An unknown value is an empty cell, `NA`, `NaN`, `null` or `?`; `na=["-"]` on `source csv` names other
marks, `decimal=comma` and `thousands=point` another notation. Where the cells are categories, numbers among them,
`categories age` says so."#,
    ),
    (
        "E0524",
        r#"A value is missing

An empty cell, `NA`, `NaN`, `null` or `?` (or a mark that `na=` names) stands for a value that is not known, and nothing
says what to do about it.

    source csv, "penguins.csv"

Write `missing=drop` on the source to leave such rows out, or `fill` in `data` to fill them in: `fill median, age`, `fill 0`,
`fill category, cabin` for a category of its own. Targets are never filled in. A column without a known value in training must
be left out, or filled with a value of your own."#,
    ),
    (
        "E0525",
        r#"A table is not text, or its characters cannot be told

Text is UTF-8, or UTF-16 with its byte-order mark at the beginning; often the file is in an older encoding such as Latin-1,
in UTF-16 without the mark, or no text at all (a spreadsheet, an archive). The message says what it looks like.

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

`inputs`, `target` and `split by=` name columns of the table by number (from 1) or by the header's name; no column is both input
and target, or both target and what tells groups, and none is named twice. A file for prediction that has a header must have every column that the net reads.

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
category. Arrays feed a single input. A picture keeps its height, width and channels, or becomes one line of all its numbers: as many
numbers along other axes, `real[6, 6, 4]` for 12x12x1, would tear apart what lies side by side.

    input x: real[8]        and a row gives 10 numbers

Correct the input's size, write `real[_]` for as many as a row gives, or choose columns with `inputs`. Words that tell rows apart, names
and dates, are left out: `inputs -Name, -Date`."#,
    ),
    (
        "E0534",
        r#"The rows cannot be divided like that

`split` asks for more rows than there are, leaves none to train on, makes a part without a row, or asks for a test part
where the source has its own. With `by=COLUMN` each part, fold or stretch of time takes a whole group at least, each group that a list
names has to be in the column, and with `forward=true` the rows of a group stand together.

    split train=1000, valid=200        for a table of 1100 rows
    split by=speaker, folds=5          for four speakers

Use percentages, or counts that fit; a source with a test part (`mnist`) is split into `train=` and `valid=` only; ask for no more parts
than there are groups."#,
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
    (
        "E0539",
        r#"The rows are too few, or too many by one, for the net

`batch_norm` takes statistics over a minibatch and needs two rows in each (one, of maps with several places), so the last one must not have a single row;
`drop_last=true` needs as many rows as a minibatch; what watches validation rows needs some. An experiment asks for every
number of rows that it will fit before its first trial, `dropnet check --data` for those that the file names.

    batch 8        for 33 training rows: the last minibatch has one

Use another `batch`, `drop_last=true`, or other shares in `split`."#,
    ),
    (
        "E0540",
        r#"There is not enough memory

Data are held in memory as a whole. The message says how much is needed and how much this process can still have: of the
machine, within the limits that are set for it.

    source moons, rows=2_000_000_000

Use fewer rows or columns, or a machine with more memory. A file that is small and needs much is damaged, or made to do so."#,
    ),
    (
        "E0541",
        r#"A picture that cannot be read

The message names the file and says why: it is cut off, damaged, no png, jpg or webp at all, or in colours for printing (CMYK). A jpg
must go to its end: what decoders make of half a file has grey below, and nobody would know.

    source images, "photos"                       and photos/cat/0017.jpg is cut off

Fetch the file again, convert it, or take it out of the folder. Grey, transparent and 16-bit pictures are read; a warning counts them (W0503)."#,
    ),
    (
        "E0542",
        r#"Pictures of different sizes

All rows of a net have one size. Pictures in files get it by `resize` and `crop` in `data`, which prediction repeats:

    source images, "photos"
    resize shorter=256
    crop 224x224

`crop` needs pictures that are not smaller than what it cuts out. A net that was trained on pictures without these statements takes pictures
of just its own size."#,
    ),
    (
        "E0543",
        r#"A folder that is not laid out as classes of pictures or sounds

A class is a folder with pictures, or with sounds; the folder that `source images` or `source audio` names holds the classes, or a folder for each part with them in it:

    photos/cat/1.jpg            photos/train/cat/1.jpg
    photos/dog/2.jpg            photos/test/cat/7.jpg

The parts are `train` and, if they are there, `valid` and `test`; nothing else stands beside them. Names of files are UTF-8.

Where all lie in one folder, a table says what they are (`labels=`), or for sounds their names do (`pattern=`)."#,
    ),
    (
        "E0544",
        r#"Numbers that become equal on the way to the net

A net computes with numbers of 32 bits, which hold about 7 digits. Where all numbers of a column lie around a large one, such as seconds
since 1970, numbers that clearly differ would become one, and the net could not learn from what is lost.

    time,open
    1700000000,0
    1700000001,1

Write `normalize inputs` (for the target `normalize target`): the mean is taken off each column before its numbers are shortened.
Whole numbers beyond 2^53 (16 digits) are no longer exact even before that. If such numbers name things, as the numbers of orders do,
`words=[order]` on the source keeps them as they are written; a target of classes is refused if two of them become one.
Numbers closer together than a thousandth of the column's deviation are let be. Where `per=all` makes them equal, `per=column` keeps them.

What a net says of a normalised target is a 32-bit number in the target's own units. These hold what spreads by 1e-30 to 1e30; a target beyond
that is to be written in another unit."#,
    ),
    (
        "E0545",
        r#"A packed file whose rows are asked to stay there

`keep=disk` reads the rows of an npy or IDX file one by one while the net trains, each from its place in the file. In a file that is packed
with gzip no row has a place: all that stands before it would have to be unpacked anew for each. Unpack the file (`gunzip x.npy.gz`), or
leave `keep=disk` out, and it is unpacked into memory once. What training comes to is the same either way."#,
    ),
    (
        "E0546",
        r#"Rows in JSON that cannot be read

Rows to predict may be JSON: an object a row, with a cell for each input column by its name, or a list of the cells in the order of the columns
(of the elements of an array). They stand one after another, or all in one list. A cell is a number, a word or null, which is a gap.

    {"mass": [1.5], "sex": "f"}

Write each cell as one value: `{"mass": 1.5, "sex": "f"}`. The message says where the text stops being JSON, or what stands where a row or a
cell should."#,
    ),
    (
        "E0547",
        r#"The vocabulary and the net do not fit

`token[T, vocab=V]` is a net with a vector for each of V tokens. The vocabulary of `tokenize` is that of the training texts: it has no more words than those have,
and no more than its own `vocab=` lets it.

    tokenize words, vocab=10_000            the training texts have 6 212 different words
    input text: token[128, vocab=10_000]

Take the size that the message names, or `vocab=_` in the type, which is what the text has. Padding and the unknown have a number each."#,
    ),
    (
        "E0548",
        r#"A text without a token

A row of a net that reads texts has one token at least: nothing could be said of none. White space is no word.

    review,mood
    "",good

Leave the row out, or fill in its text."#,
    ),
    (
        "E0549",
        r#"A text that is shorter than the net's windows

Without a border a convolution over five tokens has no place on a text of four, and nothing is left for what comes after it.

    conv 100, 5, pad=valid

Write `pad=same`, which sees zeros behind the end, take smaller windows, or leave short texts out."#,
    ),
    (
        "E0550",
        r#"A window that is longer than the table

A window is some lines of a table, one after another, and its target lies `horizon` lines behind the last of them. The table has fewer.

    window 120, horizon=24, target=load             and the table has 100 lines

Take a shorter window, or a table with more lines."#,
    ),
    (
        "E0551",
        r#"One text, or many

A file of text is a stream: `window` says how many of its tokens are a row, and the token behind them is foretold. A folder of texts, or a column of them,
has a row a text, which no window cuts.

    source text, "input.txt"            without `window 64`
    source text, "reviews"              a folder, with `window 64`

Add the window, or leave it out."#,
    ),
    (
        "E0552",
        r#"A sound that cannot be read

The message names the file, says why, and where in it: it is cut off, damaged, has no samples, or is no wav or flac at all. What a file is is told by how it
begins, whatever it is called; wav files have 8, 16, 24 or 32 bits a sample, or floats. The lengths in a header are held against what the file has: what is
promised and not there would be silence, and nobody would know.

    source audio, "recordings"                    and recordings/dog/17.wav is mp3

Fetch the file again, convert it, or take it out of the folder:

    ffmpeg -i FILE -c:a pcm_s16le NEW.wav"#,
    ),
    (
        "E0553",
        r#"Sounds of another rate

`wave[5s, rate=16kHz]` has 16 000 samples a second. A file of another rate would sound slower or faster, and higher or lower, so it is refused until it is said what
to do with it.

    input clip: wave[5s, rate=16kHz]              and the files have 44 100 samples a second

Write `rate=44_100Hz` in the type, or `resample 16kHz` in `data`, which brings all sounds to that rate as they are read, those to predict too."#,
    ),
    (
        "E0554",
        r#"A file whose name does not say what it should

`pattern` says how the names of sounds are made, without folders and endings. Each part in braces is one character or more, and what stands between them is in the
name as it is; a name that can be taken apart in two ways says nothing.

    source audio, "recordings", pattern="{label}_{speaker}_{index}"
    recordings/7_jackson_3.wav                    7, jackson, 3
    recordings/7_de_vries_3.wav                   7, de, vries_3, or 7, de_vries, 3

Rename the file, or write another pattern."#,
    ),
    (
        "E0555",
        r#"A word that the order does not have

`ordered` lists the words of a column from the least to the most, and a cell, or what fills gaps, is none of them.

    ordered size, [small, medium, large]        and a cell `huge`

Correct the cell, or add the word to the list where it belongs."#,
    ),
    (
        "E0556",
        r#"A cell is no date

`dates` reads a column as dates: `2024-03-01`, `2024/3/1` or `20240301`, with a time of day behind it if there is one. By
`order=dmy` they are written `1.3.2024`, by `order=mdy` `3/1/2024`. A day that the calendar does not have is none.

    2024-02-30

Correct the cell, or say in which order dates are written. A mark of what is not known is named by `na=` of the source."#,
    ),
    (
        "E0557",
        r#"A number has no logarithm

`normalize` with `kind=log` takes numbers above 0, with `kind=log1p` numbers above -1: amounts, counts, prices.

    normalize columns=[fare], kind=log        and a cell 0

Correct the cell, write `kind=log1p` where 0 is an amount like others, or `kind=robust`, which takes every number."#,
    ),
    (
        "E0558",
        r#"A weight of a row is none

The column that `weights` names holds numbers from 0 on, and some row of the training part has one above 0.

    weights people        and a cell -3, or `many`

Correct the cell. A row of weight 0 is not learnt from; one whose weight is not known is left out by `missing=drop` of the source."#,
    ),
    (
        "E0560",
        r#"WordNet is not there

Synonyms come from the files of WordNet, a dictionary of English that is free and not a part of dropnet.

    augment { synonym 10%, from=wordnet }

Install them: `apt-get install wordnet-base` on Debian and Ubuntu. Files that lie elsewhere are named by `dict="PATH"` in the statement, or by the
variable WNSEARCHDIR: the folder that holds `index.noun`, `data.noun`, `noun.exc` and those of `verb`, `adj` and `adv`."#,
    ),
    (
        "E0561",
        r#"No punctuation to insert

`aeda` inserts the marks . ; ? : ! and , as far as the training texts have them as tokens.

    tokenize words, punctuation=keep          `end.` is one word
    augment { aeda }

Write `punctuation=split`, the usual way, or leave the statement out."#,
    ),
    (
        "E0562",
        r#"A translator that is not there

`back_translate` asks programs of the machine to translate texts: Apertium, or the two commands of the statement.

    augment { back_translate via=spa }

Install what the message names, such as `apt-get install apertium apertium-eng-spa` on Debian and Ubuntu, or write the path of the program."#,
    ),
    (
        "E0563",
        r#"A translator that does not answer line by line

A translator reads lines of UTF-8 from its standard input and writes one line for each to its standard output, in the same order; when its input ends it ends,
with 0, and within `time_limit`. With fewer lines, or more, nobody knows which line translates which, so nothing of such a call is used or kept.

    augment { back_translate through="grep good", back="cat" }          drops lines

Try the command by itself: `wc -l < texts.txt` and `CMD < texts.txt | wc -l` say the same number."#,
    ),
    (
        "E0564",
        r#"Translations that cannot be kept

They are written to files under `$XDG_CACHE_HOME/dropnet/translations`, or `~/.cache` without that variable, so that no text is translated twice. The
folder cannot be written, or its disk is full.

Make room, or let XDG_CACHE_HOME name another folder."#,
    ),
    (
        "E0565",
        r#"A file of tensors that cannot be read

`load` reads safetensors: tensors by their names, in one file that holds nothing else and runs nothing when it is read. Checkpoints of dropnet are such files; PyTorch and
Keras write them by the package `safetensors`. The message says what the file is instead, or that it is cut short or damaged.

    load "net.pt", from=torch                     and the file is a zip archive, as `torch.save` writes

Write the tensors alone:

    safetensors.torch.save_file(model.state_dict(), "net.safetensors")
    safetensors.numpy.save_file({v.path: v.numpy() for v in model.variables}, "net.safetensors")"#,
    ),
    (
        "E0566",
        r#"A tensor is not in the file

`load` begins each layer that it speaks of with tensors of its name: `stem.weight` and `stem.bias` for `stem: dense 64`. Those of one layer, at least, are not there. The message
lists what the file has.

    load "net.safetensors", from=torch            and the file has `fc.weight`, the net `dense_1`

Label the layer as the file calls it (`fc: dense 10`), or say what the file calls your label: `into=[hidden, out], names=["0", "2"]`. What stands in front of all names goes into
`prefix="module."`. `into=[LABELS]` loads these layers alone; the others are drawn."#,
    ),
    (
        "E0567",
        r#"A tensor of the file has other sizes

The layer was as large there as the file says, and is not here. Where a library keeps axes in another order, the message names the sizes that its file should have.

    load "net.safetensors", from=torch            `head.weight` is [1000, 512], and `head` needs [10, 512]

Make the layer as large as it was, or leave it out and let it be drawn: `into=[stem, body]` names the layers that are loaded. Last layers for other classes are left out so."#,
    ),
    (
        "E0568",
        r#"A file cannot say how a layer begins

The other library has no such tensor, or its numbers come in an order that the net does not tell: PyTorch lays maps out with their channels first, and where maps are joined with other numbers
before a `dense`, or a `dense` makes maps, nobody knows which of its numbers are which.

    flatten -> concat ... -> dense 10             with `load "net.safetensors", from=torch`

Leave the layer out, `into=[LABELS]` names those that are loaded, or write the file with dropnet's names and axes, for `from=dropnet`."#,
    ),
    (
        "W0101",
        r#"A dropout rate that drops nearly all units

`dropout p` takes the probability of dropping, as in the papers since 2014; some libraries take that of keeping.
A rate above 0.8 is legal, and rarely meant.

    dropout 0.9           drops 90 of 100 units

To keep 90 of 100 write `dropout keep=0.9`, which is `dropout 0.1`."#,
    ),
    (
        "W0102",
        r#"Dropout on the output

Behind the last layer with weights dropout hides whole logits, or the predicted number: a dropped one is 0 whatever the net says, and the
loss punishes the net for it.

    dense 10 -> dropout 0.5
    output y: class[10]

Put it before the last layer."#,
    ),
    (
        "W0103",
        r#"Batch norm directly behind dropout

Dropout changes the variance of a value in training and not in prediction, and batch norm stores the variance it saw in
training; so predictions are scaled by a factor the net was not trained with (Li et al., 2019).

    dropout 0.5 -> batch_norm

Put dropout behind the last batch norm, or use `layer_norm`: it stores no statistics."#,
    ),
    (
        "W0104",
        r#"Max-norm without what it is made for

A ball around each unit's weights lets a net with dropout search with large learning rates without its weights blowing up (Srivastava
et al., 2014). Without dropout, or with small steps, it hardly acts.

    dense 64, max_norm=3 -> relu                with no `dropout` in the net

Add `dropout` and a high, falling rate, or hold the weights by `weight_decay`."#,
    ),
    (
        "W0105",
        r#"Alpha dropout away from selu

Alpha dropout keeps mean 0 and variance 1 of values that have them, which is what `selu` with `init=lecun_normal`
produces. Behind other layers it shifts both.

    dense 64 -> relu -> dropout 0.1, kind=alpha

Write `dense 64, init=lecun_normal -> selu -> dropout 0.1, kind=alpha`, or plain `dropout 0.1`."#,
    ),
    (
        "W0106",
        r#"Dropout before a batch norm

Masks make the variance of what follows larger in training than in prediction, also through layers in between, and batch norm stores that
of training (Li et al., 2019). A `layer_norm` in between takes the difference out. Directly behind dropout it is W0103.

    dropout 0.5 -> dense 64 -> batch_norm

Put dropout behind the last batch norm, or use `layer_norm`."#,
    ),
    (
        "W0107",
        r#"A Bayesian penalty on weights that no dropout masks

`bayes_decay` is the penalty under which dropout training fits a distribution over weights. A matrix without dropout in front
of it has no distribution: under `mc_dropout` its weights count as known for certain, and the spread of samples leaves them
out.

    dense 50 -> relu -> dropout 0.05 -> dense 1        nothing in front of the first matrix

Put a `dropout` in front of each layer with weights."#,
    ),
    (
        "W0108",
        r#"A point of a sweep where nothing is left to chance

With `sweep` in the file a rate of 0 may be one of the values that are tried. `mc_dropout` then has one sample, the prediction
itself. Without a sweep this is an error (E0407).

    param p = 0
    predict { mc_dropout samples=100 }

Nothing need be done; to sample, give `p` another value."#,
    ),
    (
        "W0109",
        r#"A learned rate of dropping that nothing holds

`dropout kind=concrete` trains its rate with the weights. The training loss alone is lowest without dropout, so the rate falls
to zero; the entropy of the coins, part of the divergence that `bayes_decay` adds, holds against it (Gal, Hron and Kendall,
2017).

    dropout kind=concrete                      with `loss squared_error` and no penalty

Add `penalize l2, bayes_decay(length_scale=1e-2, precision=1)`, or give a fixed rate."#,
    ),
    (
        "W0110",
        r#"Logits that are bent or bounded

`class` and `bits` outputs take logits of either sign and any size. Behind `relu` none is negative, so that no class can be ruled out, and
what is cut off has no gradient; behind `tanh` no class of ten can have a probability above 0.451; behind `layer_norm` the net is as sure of
one row as of the next.

    dense 10 -> relu
    output y: class[10]

    dense 1 -> tanh -> dropout 0.2
    output y: bits[1]

Leave the last function out, so that a layer with weights gives the logits."#,
    ),
    (
        "W0111",
        r#"Dropout on few units

With fewer than eight units a mask takes away most of what a row has; now and then it takes all. Regressions with one output suffer most.

    dense 4 -> relu -> dropout 0.5

Make the layer wider, or leave the dropout out."#,
    ),
    (
        "W0112",
        r#"A rate far from what is usual

About 0.2 of inputs, 0.1 of maps behind a convolution, of sequences and of the weights of attention, 0.25 inside recurrent layers and between them, and 0.5 of hidden units are the rates that papers found on held-out rows. Much higher
ones starve the net: a convolution has few weights for its numbers, and the dense layers behind it take most of the dropout.

    input x: real[8]
    dropout 0.6

Try the usual rate, or find one by a `sweep`."#,
    ),
    (
        "W0113",
        r#"An L2 penalty under Adam

Adam divides each gradient by its own recent size, that of the penalty with it: weights with large gradients decay less than the penalty
says. Decoupled decay acts on all alike (Loshchilov and Hutter, 2019).

    optimizer adam, lr=1e-3
    penalize l2, 1e-4

Write `optimizer adamw, lr=1e-3, weight_decay=0.01`."#,
    ),
    (
        "W0114",
        r#"Decay of biases and norm parameters

A bias is one number a unit and overfits little; decay of a norm's gain fights the norm.

    optimizer adamw, lr=1e-3, weight_decay=0.01, on=all

Leave `on=all` out."#,
    ),
    (
        "W0115",
        r#"Three ways of softening at once

Label smoothing, mixup and strong dropout each keep a net from being sure. Together they often underfit, and the probabilities come out
too low.

    loss cross_entropy, label_smoothing=0.1     with `mixup alpha=0.2` and `dropout 0.5`

Take one of them out, and compare."#,
    ),
    (
        "W0116",
        r#"Early stopping by the loss of training

The loss of training goes on falling while a net learns its rows by heart: it stops too late, or never.

    stop_early patience=5, watch=train.loss

Watch `valid.loss`, with `split valid=10%` in `data`."#,
    ),
    (
        "W0117",
        r#"Nothing holds the net back

A net with more parameters than training rows can learn them by heart, and nothing in the file keeps it from that. Said where the rows are
known: `check --pedantic --data`.

    dense 512 -> relu -> dense 512 -> relu      on 100 rows, without dropout, decay or early stopping

Add one of them."#,
    ),
    (
        "W0118",
        r#"A small net is held back

With more than twenty rows a parameter a net underfits before it overfits; dropout then only adds noise. Said where the rows are known.

    dense 4 -> dropout 0.5 -> dense 1           on 60 000 rows

Leave the dropout out, or make the net wider."#,
    ),
    (
        "W0119",
        r#"Columns that are not normalised

Initial weights, learning rates and penalties are made for inputs of mean 0 and variance 1. Columns in the units of a table differ by
factors of thousands.

    source csv, "houses.csv"                    without `normalize`

Write `normalize inputs`."#,
    ),
    (
        "W0120",
        r#"Single places of a map are dropped

Where a layer's weights are shared along height and width, neighbouring places of its map say nearly the same. A mask of single places
hides hardly anything from the next layer: it slows training down and does not keep units from relying on each other. One coin for a
whole map does (Tompson et al. 2015, Efficient object localization using convolutional networks). On the image itself single places
are usual.

    layer_norm -> relu -> dropout 0.1           behind an image of 28 x 28 x 3

Write `dropout 0.1, share=space`."#,
    ),
    (
        "W0121",
        r#"Dropout right before the one number of a regression

What a class net drops before its last layer moves some logits against others. With one number there is nothing else that could make up for
it: the mask is noise of the prediction, its squared size is added to the loss, and training holds the last weights small, as a
penalty would, but by how much depends on the data. Evaluation, without the mask, then has a number of another spread.

    dense 64 -> relu -> dropout 0.5 -> dense 1
    output y: real[1]

Put the dropout before an earlier layer, or see on held-out rows what it does: of the examples of dropnet, one with 2000 rows is better by a
tenth of its error without, one with 440 rows better with (`dropnet experiment FILE --compare p=0,0.2 --splits 20`). Where the spread is what is wanted (Gal and Ghahramani 2016), write
`predict { mc_dropout samples=100 }`."#,
    ),
    (
        "W0122",
        r#"Numbers that the target has and the net cannot give

`normalize target` brings a target to mean 0 and variance 1: about half of it lies below 0, and part of it beyond 2. A net that ends in
`sigmoid`, `relu` or another bounded function never comes there. Predictions are put back into the target's own units, so a bound at 0 is
no bound at 0 of what is predicted. A `softmax` of one number is 1, whatever comes in.

    normalize inputs, target
    dense 1 -> relu
    output price: real[1]

Leave the last function out. To keep predictions above 0, leave `target` out of `normalize`."#,
    ),
    (
        "W0123",
        r#"Layers between a dropped branch and its sum

Where `drop_path` drops its block, zeros stand in its place. Layers behind it that are not in the block go on with these zeros: their biases
and statistics make numbers of them, and the residual adds those to the row. In the paper such a row passes as it is.

    residual {
      drop_path 0.2 { relu -> conv 8, 3x3 }
      conv 8, 1x1
    }

    residual {
      drop_path 0.2 { relu -> conv 8, 3x3 -> conv 8, 1x1 }
    }

Put them into the block."#,
    ),
    (
        "W0124",
        r#"Dropout on scores in front of a softmax

A softmax takes the power of each score, so a score that is dropped to 0 still gets a share, and the others change with it: nothing is taken away.
Shares are dropped behind the softmax, and those that are kept are divided by 1 - p.

    dense 8 -> dropout 0.1 -> softmax

Write `softmax -> dropout 0.1`; `attention heads=4, dropout=0.1` does so with its weights."#,
    ),
    (
        "W0125",
        r#"A fresh mask in every step of a recurrent layer

With `share=none` a recurrent layer draws other masks in each step, and so does a `dropout` in front of it or behind it that does not share them. What one step drops the next one shows again, so that little is hidden, and where it
is what the step before left that is masked, a series of many steps carries hardly anything through. One mask for all steps of a row, which is what
`share=time` says, drops the same units from the first step to the last (Gal and Ghahramani 2016).

    lstm 64, recurrent_dropout=0.3, share=none -> dropout 0.3

    lstm 64, recurrent_dropout=0.3 -> dropout 0.3, share=time

It is only advice: papers compare the two."#,
    ),
    (
        "W0126",
        r#"Label smoothing where perplexity is reported

A smoothed target gives a share of each probability to all tokens of the vocabulary, and a net that has learnt it keeps that share back. Perplexity is made of the
probability of the token that came: a share of 0.1 costs a tenth of it at every token, however well the net knows the text.

    loss cross_entropy, label_smoothing=0.1
    report perplexity

Leave the smoothing out where nets are compared by their perplexity."#,
    ),
    (
        "W0127",
        r#"A large rate of plain gradient descent for a mean over tokens

Papers on recurrent language models take rates about 1 with gradients clipped to a norm of 5 (Zaremba et al. 2014). Their loss is the sum over the tokens of a row, 20 or 35 of
them, and its mean over rows: its gradient is as many times as large as that of a mean over tokens.

    loss cross_entropy
    optimizer sgd, lr=1, clip_norm=5

Write `loss cross_entropy, per=row` for such a rate, or divide it by the length of a row."#,
    ),
    (
        "W0128",
        r#"A net that reads what it foretells

With `source text, FILE` and an output of tokens each step foretells the token that stands at the next step of the input. A layer that looks ahead shows it to the
net: `attention` without `causal=true`, `conv` over several steps, `bidirectional`, `reverse=true`, a pool over time whose result comes back to the steps. Losses come out
low, and nothing has been learnt but to copy.

    window 64
    residual { layer_norm -> attention heads=4 }
    output next: token[64, vocab=_]

Write `attention heads=4, causal=true`, or use recurrent layers from the first step to the last."#,
    ),
    (
        "W0129",
        r#"Statements of sounds in an unusual order

Statements act in the order written, each on what those before it made. Noise that stands in front of `pitch_shift` or `time_stretch` is moved or smeared with the
sound, and noise in front of `gain` is louder or softer in one ratio with it: what is then heard is not the noise of a room or a microphone, which comes last.

    augment {
      noise snr=10dB..40dB
      pitch_shift -2st..2st
    }

Write what changes pitch and speed first, then `shift`, `gain` and `polarity`, and noise last; filters stand where the room or the microphone is meant. Say `# allow(W0129)` where
another order is."#,
    ),
    (
        "W0134",
        r#"A window that takes a whole sound

A window as long as the longest clip of the input's type fits into it once. What stands behind has one step of time: layers that cross time, `conv`, `lstm`, `spec_mask`,
`standardize over=time`, have nothing to go along. Clips that are shorter go on with silence as far as the window reaches, though they have their lengths.

    input clip: wave[1s, rate=8kHz]
    spectrogram window=1s, pad=none

Take shorter windows, `window=25ms, hop=10ms` are usual, or declare longer clips. Say `# allow(W0134)` where one spectrum of a clip is meant."#,
    ),
    (
        "W0135",
        r#"A start that a file takes the place of

`load` gives a layer all its parameters. What the layer itself says of where they begin, `init`, `bias_init`, `forget_bias` of an `lstm`, the slope of a `prelu`, the first rate of a `dropout kind=concrete`,
is then read by nobody.

    stem: conv 16, 3x3, init=he_normal
    ...
    load "stem.safetensors", from=torch

Leave it out, or name the layers that the file begins by `into=[LABELS]`. Say `# allow(W0135)` where the net is trained without the file too."#,
    ),
    (
        "W0201",
        r#"A name that is never used

A `param`, `let`, block or block argument without use has no effect: turning it with `--set` or sweeping it would change
nothing. Often the number was also written by hand elsewhere.

    param p = 0.5
    net { ... dropout 0.5 ... }

Use the name, `dropout p`, or remove it."#,
    ),
    (
        "W0202",
        r#"A label that is never used

No `from`, `reuse`, `concat` or `freeze` names this label. It still names weights in the checkpoint, so it may be meant.

    stem: dense 64

Remove the label, or leave it if the name in the checkpoint matters."#,
    ),
    (
        "W0203",
        r#"Sections in an unusual order

Sections may stand in any order; readers expect `data`, `augment`, `net`, `train`, `predict`, `sweep`.

    train { ... }
    net { ... }

Move the section; nothing else changes."#,
    ),
    (
        "W0204",
        r#"A layer that nothing reads

The result of this layer leads nowhere: it stands behind the `output`, or `from` goes back to an earlier value and leaves it. It
has no part in predictions or in training.

    dense 3
    from x -> dense 2
    output y: real[2]

Take it out, or give it a label and join it: `concat`, `add`, `mul`."#,
    ),
    (
        "W0205",
        r#"An `allow` that silences nothing

`# allow(W0104)` in a comment silences that warning in its line, or in the next one if it stands alone. Here no warning has that code;
errors cannot be silenced.

    dropout 0.9   # allow(W0999)

Correct the code."#,
    ),
    (
        "W0501",
        r#"A column of words has about as many words as rows

Names, dates and numbers of rows differ from row to row. As categories each of their words becomes an input of its own, by
which a net can learn the rows by heart; a new row brings a word that it has never seen.

    inputs Date, price        and `Date` has 3650 different words in 3650 rows

Leave the column out by `inputs`. Of a target as many different values are hardly classes: for a number to be predicted write
`output y: real[1]`, or name another column in `target`."#,
    ),
    (
        "W0502",
        r#"Most of a column is filled in

With `missing=mean` gaps take the training part's mean, or its most frequent word. Where most values are gaps, the net sees that one
value in most rows. In a column of words the mark of a gap may be a category of its own: `NA` for a house without an alley.

    source csv, "houses.csv", missing=mean        and `Alley` is `NA` in 1369 of 1460 rows

Leave the column out by `inputs`; or write `na=[]`, which makes words of all marks, or quote the word in the file."#,
    ),
    (
        "W0503",
        r#"Pictures that are not red, green and blue in bytes

Every picture becomes red, green and blue in bytes. A grey one has three equal channels then, a transparent one shows what is stored beneath the
transparency, and one of 16 bits is rounded to 8. The warning counts them, in training and in prediction.

    source images, "scans"                        and 60 of 800 pictures are grey

If all are grey, a net of one channel is cheaper: write the pictures to an npy file of shape [rows, height, width, 1]."#,
    ),
    (
        "W0504",
        r#"Texts that were cut

A row of a net has room for as many tokens as its type says, or as `length=` of `tokenize` lets it have. What a longer text has behind them is not read.
The warning counts such texts, in training and in prediction.

    input text: token[40, vocab=10_000]           and 310 of 8 000 texts have more than 40 words

Write a larger size, or `token[_, vocab=10_000]`, which is that of the longest text."#,
    ),
    (
        "W0505",
        r#"Sounds that are silent

All samples of a clip are 0: a recording that failed, or the wrong channel of two. A net can only learn that silence means what such clips are labelled. The warning
counts them and names the first.

    source audio, "recordings", channels=2        and 40 of 2 000 clips are silent

Listen to one. Take the files out of the folder, or choose another channel."#,
    ),
    (
        "W0506",
        r#"Sounds that are cut

A row has room for as much time as its type says. What a longer clip has behind it is not read, or with `long=center` what it has on both sides. The warning counts such
clips, in training and in prediction.

    input clip: wave[1s, rate=8kHz]               and 20 of 3 000 clips are longer

Write a longer time in the type, or let it be: a few clips lose their ends."#,
    ),
    (
        "W0507",
        r#"A file of vectors lacks most words of the text

`embedding 100, vectors="FILE"` begins with the vectors of the words that the file has; the others are drawn as `init` says. Here those are most of
the vocabulary, so little is left of what the file knows.

    embedding 100, vectors="vectors.txt"          and 900 of 9 998 words have a vector in the file

Files of small letters have no vectors of names as they are written: a word with capitals takes the vector of its small letters. Leave rare words
out by `vocab=` or `min_count=` of `tokenize`, or name another file."#,
    ),
    (
        "W0508",
        r#"A file has tensors that no layer reads

`load` found all that the net needs, and more. What wrote the file computed something with the rest, so the net may predict otherwise than that one did: a bias that `bias=false`
leaves out here, a layer that is missing.

    load "net.safetensors", from=torch            and the file has `conv.bias`, where the net has `conv 16, 3x3, bias=false`

Where other layers are not meant, `into=[LABELS]` says which are; then nothing is said of those."#,
    ),
    (
        "W0511",
        r#"A text has tokens that the vocabulary lacks

They count as one token, `<unk>`, which is easy to foretell where there are many of it. Perplexities and bits by character of two nets, or of two texts, say
the same only where their vocabularies lack about as much.

    dropnet eval runs/words --input news.txt      and 12.4% of the tokens are unknown to the vocabulary of 10000

A larger `vocab=` knows more of them; `tokenize chars`, `bytes` and `bpe` know all."#,
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
