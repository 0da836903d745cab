"""Mel spectrograms of minibatches of clips: dropnet against torchaudio, in one run, by medians.

    python benches/peers/torch_sound.py [--dropnet PATH] [--threads 1] [--rounds 5] [--seconds 1]

Needs the packages of `requirements.txt` and torchaudio. dropnet's time is that of predicting a minibatch by a net of a mel spectrogram, a logarithm and a mean over
time (`dropnet bench`); torchaudio's that of the spectrogram and the logarithm alone. Clips are noise.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import wave

import numpy as np
import torch
import torchaudio

# Rate, seconds, bands.
FORMS = [(16_000, 1, 64), (16_000, 5, 64), (8_000, 1, 40)]
ROWS = 32

NET = """
data {{
  source audio, "clips"
  batch {rows}
  prefix_limit off
}}
net {{
  input clip: wave[{seconds}s, rate={rate}Hz]
  mel_spectrogram bands={bands}, window=25ms, hop=10ms, range=50Hz..{half}Hz -> log
  mean_pool over=time -> dense 2
  output sound: class[2]
}}
train {{
  loss cross_entropy
  optimizer sgd, lr=0.01
  epochs 1
}}
"""


def clips(folder, rate, seconds):
    """Three minibatches of noise, two classes."""
    drawn = np.random.default_rng(0)
    for i in range(3 * ROWS):
        place = folder / "clips" / f"kind{i % 2}"
        place.mkdir(parents=True, exist_ok=True)
        samples = (drawn.standard_normal(rate * seconds) * 3_000).clip(-32_768, 32_767).astype("<i2")
        with wave.open(str(place / f"{i}.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(samples.tobytes())


def ours(program, folder, form, threads, seconds):
    """Microseconds a clip of a minibatch."""
    rate, length, bands = form
    net = folder / "mel.net"
    net.write_text(NET.format(rows=ROWS, seconds=length, rate=rate, bands=bands, half=rate // 2))
    command = [program, "bench", net, "--json", "--threads", str(threads), "--seconds", str(seconds)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    calls = json.loads(run.stdout)["predict"]
    return next(call["us"] for call in calls if call["rows"] == ROWS) / ROWS


def theirs(form, seconds):
    """The same of torchaudio."""
    rate, length, bands = form
    mel = torchaudio.transforms.MelSpectrogram(
        rate, n_fft=rate // 40, hop_length=rate // 100, f_min=50, f_max=rate / 2, n_mels=bands, pad_mode="constant"
    )
    x, times = torch.rand(ROWS, rate * length) * 2 - 1, []
    end = time.monotonic() + seconds
    with torch.no_grad():
        while time.monotonic() < end or len(times) < 5:
            start = time.process_time()
            mel(x).clamp(min=1e-6).log()
            times.append(time.process_time() - start)
    return 1e6 * statistics.median(times) / ROWS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dropnet", default=str(pathlib.Path(__file__).resolve().parents[2] / "target/release/dropnet"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print("| clips | dropnet, us a clip | torchaudio, us a clip | ratio |\n|---|---|---|---|")
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            clips(folder, *form[:2])
            pairs = [
                (ours(args.dropnet, folder, form, args.threads, args.seconds), theirs(form, args.seconds) / args.threads)
                for _ in range(args.rounds)
            ]
        own, other = (statistics.median(column) for column in zip(*pairs))
        rate, seconds, bands = form
        print(f"| {seconds} s at {rate} Hz, {bands} bands | {own:.1f} | {other:.1f} | **{own / other:.2f}** |", flush=True)


if __name__ == "__main__":
    main()
