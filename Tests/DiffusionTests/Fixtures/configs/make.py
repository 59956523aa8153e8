"""Reads the constructor defaults of the configurations out of the installed diffusers and transformers sources.

    pip install diffusers==0.42.1 transformers==5.23.0     # torch is not needed: the sources are parsed, not run
    python make.py                                         # writes defaults.json beside this file

defaults.json: class name → every key of the class's configuration with its default.
"""

import ast
import importlib.util
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def source(module):
    package, _, rest = module.partition(".")
    root = importlib.util.find_spec(package).submodule_search_locations[0]
    with open(os.path.join(root, *rest.split(".")) + ".py", encoding="utf-8") as file:
        return ast.parse(file.read())


def class_named(tree, name):
    return next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)


def literal(node):
    """Literals; the one other default there is, -float("inf"), reads as null."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def constructor(module, name):
    init = next(n for n in class_named(source(module), name).body if getattr(n, "name", "") == "__init__")
    names = [a.arg for a in init.args.args if a.arg != "self"]
    return dict(zip(names, map(literal, init.args.defaults), strict=True))


def fields(module, name):
    rows = [n for n in class_named(source(module), name).body if isinstance(n, ast.AnnAssign) and n.value is not None]
    return {n.target.id: literal(n.value) for n in rows if "ClassVar" not in ast.unparse(n.annotation)}


def main():
    result = {"UNet2DConditionModel": constructor("diffusers.models.unets.unet_2d_condition", "UNet2DConditionModel")}
    schedulers = {
        "DDIMScheduler": "ddim", "DDPMScheduler": "ddpm", "PNDMScheduler": "pndm",
        "EulerDiscreteScheduler": "euler_discrete", "EulerAncestralDiscreteScheduler": "euler_ancestral_discrete",
        "DPMSolverMultistepScheduler": "dpmsolver_multistep", "LMSDiscreteScheduler": "lms_discrete",
        "UniPCMultistepScheduler": "unipc_multistep", "HeunDiscreteScheduler": "heun_discrete",
    }
    for name, file in schedulers.items():
        result[name] = constructor(f"diffusers.schedulers.scheduling_{file}", name)
    for name in ["CLIPTextConfig", "CLIPVisionConfig", "CLIPConfig"]:
        own = fields("transformers.models.clip.configuration_clip", name)
        result[name] = fields("transformers.configuration_utils", "PreTrainedConfig") | own
    with open(os.path.join(HERE, "defaults.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


main()
