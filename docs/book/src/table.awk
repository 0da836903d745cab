# A figure of an experiment as a table: means over its runs with their standard errors.
#
#     awk -f table.awk -v figure=test.accuracy -v down=p [-v across=rows] [-v less=0 [-v chosen=rate]] [-v phase=search] runs.csv
#
# `runs.csv` is what `dropnet experiment --csv` writes. `down` and `across` are params, or several with commas between; with `less` the table is
# of differences to that value of `down`, in pairs of the same division, seed and other params but those that a sweep has `chosen`, which may differ.
# `phase` is `test`, or `search` for trials of a sweep.

BEGIN { FS = "," }

NR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    if (phase == "") phase = "test"
    known(figure)
    for (i = 1; i <= split(down, list, ","); i++) known(list[i])
    for (i = 1; i <= split(across, list, ","); i++) known(list[i])
    for (i = 1; i <= split(chosen, list, ","); i++) known(list[i])
    next
}

$at["phase"] == phase {
    row = values(down)
    column = across == "" ? figure : values(across)
    if (!(row in seen_row)) { seen_row[row]; rows[++height] = row }
    if (!(column in seen_column)) { seen_column[column]; columns[++width] = column }
    pair = ""
    for (i = 1; i <= at["seed"]; i++) if (!used[i]) pair = pair SUBSEP $i
    pairs[pair]
    value[row, column, pair] = $at[figure]
}

function known(name) {
    if (!(name in at)) {
        print "no column " name > "/dev/stderr"
        exit 1
    }
    used[at[name]] = 1
}

# What the row of the file has in these columns.
function values(names,    n, k, list, text) {
    n = split(names, list, ",")
    for (k = 1; k <= n; k++) text = text (k > 1 ? "," : "") (n > 1 ? list[k] "=" : "") $at[list[k]]
    return text
}

# Mean and standard error over what `row` has in `column`, less `base` where there is one.
function cell(row, column, base,    pair, x, n, k, sum, squares, mean, list) {
    for (pair in pairs) {
        if (!((row, column, pair) in value)) continue
        x = value[row, column, pair]
        if (base != "") {
            if (!((base, column, pair) in value)) continue
            x -= value[base, column, pair]
        }
        list[++n] = x
        sum += x
    }
    if (n == 0) return "-"
    mean = sum / n
    for (k = 1; k <= n; k++) squares += (list[k] - mean) ^ 2
    if (n == 1) return sprintf("%.4f", mean)
    return sprintf(base == "" ? "%.4f ± %.4f" : "%+.4f ± %.4f", mean, sqrt(squares / (n - 1) / n))
}

END {
    if (height == 0) exit
    printf "%-16s", down
    for (c = 1; c <= width; c++) printf "  %18s", across ~ /^[^,]+$/ ? across "=" columns[c] : columns[c]
    print less "" == "" ? "" : "   (less " down "=" less ")"
    for (r = 1; r <= height; r++) {
        if (rows[r] "" == less "") continue
        printf "%-16s", rows[r]
        for (c = 1; c <= width; c++) printf "  %18s", cell(rows[r], columns[c], less)
        print ""
    }
}
