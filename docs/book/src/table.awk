# A figure of an experiment as a table: means over its runs with their standard errors.
#
#     awk -f table.awk -v figure=test.accuracy -v down=p [-v across=rows] [-v less=0] runs.csv
#
# `runs.csv` is what `dropnet experiment --csv` writes. `down` and `across` are params; with `less` the table is of differences to that value
# of `down`, in pairs by division and seed.

BEGIN { FS = "," }

NR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    if (!(figure in at) || !(down in at) || across != "" && !(across in at)) {
        print "no column " figure ", " down " or " across > "/dev/stderr"
        exit 1
    }
    next
}

$at["phase"] == "test" {
    row = $at[down]
    column = across == "" ? figure : $at[across]
    if (!(row in seen_row)) { seen_row[row]; rows[++height] = row }
    if (!(column in seen_column)) { seen_column[column]; columns[++width] = column }
    pair = $at["division"] SUBSEP $at["seed"]
    pairs[pair]
    value[row, column, pair] = $at[figure]
}

# Mean and standard error over what `row` has in `column`, less `base` where there is one.
function cell(row, column, base,    pair, x, n, sum, squares, mean) {
    for (pair in pairs) {
        if (!((row, column, pair) in value)) continue
        x = value[row, column, pair]
        if (base != "") x -= value[base, column, pair]
        n++
        sum += x
        list[n] = x
    }
    if (n == 0) return "-"
    mean = sum / n
    for (i = 1; i <= n; i++) squares += (list[i] - mean) ^ 2
    if (n == 1) return sprintf("%.4f", mean)
    return sprintf(base == "" ? "%.4f ± %.4f" : "%+.4f ± %.4f", mean, sqrt(squares / (n - 1) / n))
}

END {
    if (height == 0) exit
    printf "%-16s", down
    for (c = 1; c <= width; c++) printf "  %18s", across == "" ? columns[c] : across "=" columns[c]
    print less "" == "" ? "" : "   (less " down "=" less ")"
    for (r = 1; r <= height; r++) {
        if (rows[r] "" == less "") continue
        printf "%-16s", rows[r]
        for (c = 1; c <= width; c++) printf "  %18s", cell(rows[r], columns[c], less)
        print ""
    }
}
