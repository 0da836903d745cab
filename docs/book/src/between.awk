# What lies halfway between rows of a table of digits, and what a net says there.
#
#     awk -F, -v OFS=, -f between.awk rows.csv > between.csv
#     awk -F, -v at=WORDS -f between.awk rows.csv said.csv
#
# The first writes the rows, and behind them the row halfway between each one and the next, where that is of another class. The second is given what
# `dropnet predict` says of these, and writes `at`, the mean gap to linearity and the share of third classes in percent.

FNR == 1 { file++; if (file == 1 && at == "") print; next }

# Rows: of which class each is, and which pairs there are.
file == 1 {
    class[++rows] = $NF
    if (rows > 1 && class[rows] != class[rows - 1]) {
        second[++pairs] = rows
        if (at == "") for (j = 1; j < NF; j++) halfway[pairs] = halfway[pairs] ($j + last[j]) / 2 OFS
    }
    for (j = 1; j < NF; j++) last[j] = $j
    if (at == "") print
    next
}

# Predictions of the rows: probabilities begin in the second column.
++said <= rows {
    for (k = 2; k <= NF; k++) p[said, k] = $k
    next
}

# Predictions halfway.
{
    b = second[said - rows]
    for (k = 2; k <= NF; k++) {
        difference = $k - (p[b - 1, k] + p[b, k]) / 2
        gap += (difference < 0 ? -difference : difference) / 2
    }
    if ($1 != class[b] && $1 != class[b - 1]) miss++
}

END {
    if (at != "") print at "," gap / pairs "," 100 * miss / pairs
    else for (i = 1; i <= pairs; i++) print halfway[i] class[second[i]]
}
