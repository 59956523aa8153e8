#!/usr/bin/env python3
"""What diffusers' samplers make of scheduler files: python make.py > samplers.json

Each file is read by the class that it names and handed on to each sampler, as `Sampler.from_config(pipeline.scheduler.config)`
does: values that the file does not state are then the sampler's own. Ran with diffusers 0.42.1, torch 2.15.0, numpy 2.4.6."""
import json

import diffusers

SD15 = {"_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
        "clip_sample": False, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True,
        "steps_offset": 1, "trained_betas": None}
SDXL = {"_class_name": "EulerDiscreteScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
        "clip_sample": False, "interpolation_type": "linear", "num_train_timesteps": 1000, "prediction_type": "epsilon",
        "sample_max_value": 1.0, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1,
        "timestep_spacing": "leading", "trained_betas": None, "use_karras_sigmas": False}
FILES = {
    "sd15": SD15,
    "sdxl": SDXL,
    "saved": {**SD15, "_class_name": "DDIMScheduler", "timestep_spacing": "trailing", "clip_sample_range": 1.0},
    "karras": {**SD15, "_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": True},
    "zero": {**SDXL, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"},
    "cosine": {"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2", "use_karras_sigmas": True,
               "skip_prk_steps": True, "num_train_timesteps": 400},
}
KINDS = {"ddim": "DDIMScheduler", "pndm": "PNDMScheduler", "euler": "EulerDiscreteScheduler",
         "dpmpp2m": "DPMSolverMultistepScheduler"}
rows = []
for name, file in FILES.items():
    own = getattr(diffusers, file["_class_name"]).from_config(dict(file))
    for word, kind in KINDS.items():
        if word == "pndm" and name == "zero":
            continue        # diffusers' PNDM leaves rescale_betas_zero_snr out; here it is refused
        for steps in (1, 2, 3, 8, 20, 50, 77):
            sampler = getattr(diffusers, kind).from_config(own.config)
            sampler.set_timesteps(steps)
            row = {"file": name, "sampler": word, "steps": steps, "timesteps": [float(t) for t in sampler.timesteps],
                   "start": float(sampler.init_noise_sigma)}
            if word in ("euler", "dpmpp2m"):
                row["sigmas"] = [float(s) for s in sampler.sigmas]
            rows.append(row)
text = json.dumps({"files": FILES}, indent=1)[:-2] + ',\n "rows": [\n  '
print(text + ",\n  ".join(json.dumps(row) for row in rows) + "\n ]\n}")
