"""Writes the weights of the tiny model in other formats, as torch and Python's gguf write them.

    pip install torch==2.15.0 gguf==0.19.0 safetensors==0.8.0
    smpo init model CONFIGURATIONS --seed 7 --dtype f16 --out MODEL   # those of TinyConfigurations
    python make_formats.py MODEL                                      # writes beside this file

The numbers of the files are those of MODEL: of the UNet as F16, of the text encoder widened to F32.
"""

import os
import sys

import gguf
import torch
from safetensors.torch import load_file

HERE = os.path.dirname(os.path.abspath(__file__))


def write_gguf(name, tensors):
    writer = gguf.GGUFWriter(os.path.join(HERE, name), "diffusion")
    for key, tensor in tensors.items():
        writer.add_tensor(key, tensor.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    model = sys.argv[1]
    unet = load_file(f"{model}/unet/diffusion_pytorch_model.safetensors")
    # A transposed matrix lies in its file in another order than it is read in.
    views = {key: t.t().contiguous().t() if t.dim() == 2 else t for key, t in unet.items()}
    torch.save(views, os.path.join(HERE, "unet.bin"))
    write_gguf("unet.gguf", unet)
    text = {key: t.float() for key, t in load_file(f"{model}/text_encoder/model.safetensors").items()}
    torch.save(text, os.path.join(HERE, "text_encoder.bin"), _use_new_zipfile_serialization=False)
    write_gguf("text_encoder.gguf", text)


main()
