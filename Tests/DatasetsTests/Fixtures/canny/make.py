#!/usr/bin/env python3
"""Small pictures and their edges by OpenCV's Canny: python make.py, in this folder.

Ran with opencv-python-headless 5.0.0, numpy 2.4.6. Pictures are written by OpenCV as RGB files; cv2.Canny is asked about the
RGB arrays, as the examples of ControlNet do."""
import json

import cv2
import numpy as np

random = np.random.default_rng(5)
rows, columns = np.mgrid[0:48, 0:64]
noise = random.integers(0, 256, (31, 37, 3), dtype=np.uint8)
shapes = np.full((48, 64, 3), (30, 60, 90), np.uint8)
cv2.circle(shapes, (20, 22), 13, (240, 200, 40), -1)
cv2.rectangle(shapes, (36, 8), (58, 40), (40, 90, 220), -1)
cv2.line(shapes, (0, 47), (63, 3), (255, 255, 255), 2)
waves = np.stack([127 + 120 * np.sin(rows / k + columns / (k + 2)) for k in (3, 4, 6)], -1).round().astype(np.uint8)
soft = cv2.GaussianBlur(shapes, (7, 7), 1.5)
steps = np.repeat((columns // 8 * 32)[:, :, None], 3, 2).astype(np.uint8)       # equal neighbours across edges
pictures = {"noise": noise, "shapes": shapes, "waves": waves, "soft": soft, "steps": steps}
cases = []
for name, low, high in [("noise", 100, 200), ("noise", 300, 700), ("shapes", 100, 200), ("waves", 100, 200), ("waves", 0, 150),
                        ("soft", 20, 60), ("soft", 100, 200), ("steps", 100, 100)]:
    cv2.imwrite(f"{name}.png", pictures[name][:, :, ::-1])
    edges = f"{name}-{low}-{high}.png"
    cv2.imwrite(edges, cv2.Canny(pictures[name], low, high))
    cases.append({"picture": f"{name}.png", "low": low, "high": high, "edges": edges})
json.dump(cases, open("cases.json", "w"), indent=1)
