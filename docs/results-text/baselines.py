"""What needs no net: tomorrow as today, and as the same day a year before; of the last 730 days of the table that is named.

    python docs/results-text/baselines.py daily-min-temperatures.csv

Intervals hold the middle 90 % of the errors of the 365 days before those."""
import csv
import datetime
import sys

with open(sys.argv[1]) as table:
    rows = [(datetime.date.fromisoformat(row["Date"]), float(row["Temp"])) for row in csv.DictReader(table)]
y = [level for _, level in rows]
place = {day: i for i, (day, _) in enumerate(rows)}


def today(i):
    return y[i - 1]


def last_year(i):
    days = (rows[i][0] - datetime.timedelta(days=back) for back in (365, 364, 366))
    return y[next(place[day] for day in days if day in place)]


test, fit = range(len(y) - 730, len(y)), range(len(y) - 1095, len(y) - 730)
for name, said in (("as today", today), ("as last year", last_year)):
    errors = sorted(y[i] - said(i) for i in fit)
    low, high = errors[int(0.05 * len(errors))], errors[int(0.95 * len(errors)) - 1]
    rmse = (sum((y[i] - said(i)) ** 2 for i in test) / len(test)) ** 0.5
    held = sum(low <= y[i] - said(i) <= high for i in test) / len(test)
    print(f"{name}: rmse {rmse:.3f}, coverage {held:.3f}, width {high - low:.2f}")
