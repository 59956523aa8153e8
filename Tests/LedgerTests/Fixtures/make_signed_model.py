"""Makes `signed-model`, a small folder signed by OpenSSF Model Signing, for `ModelBundleTests`.

    pip install model-signing pyOpenSSL      # tried with model-signing 1.1.1
    python make_signed_model.py                 # in this folder

With a folder, a bundle and a public key as arguments it verifies a signature of ours instead:

    python make_signed_model.py .smpo/runs/run-1 .smpo/runs/run-1/model.sig alice-models.pub
"""

import pathlib
import sys

import model_signing


def verify(folder, bundle, key):
    config = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=pathlib.Path(key))
    config.verify(pathlib.Path(folder), pathlib.Path(bundle))
    print("verified")


def make():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = pathlib.Path("signed-model")
    for name, text in [("config.json", "{}\n"), ("unet/config.json", '{"a": 1}\n'), ("unet-old/x.txt", "old\n")]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    key = ec.generate_private_key(ec.SECP256R1())
    private = pathlib.Path("signing-key.pem")
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    pathlib.Path("signed-model.pub").write_bytes(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    bundle = folder / "model.sig"
    hashing = model_signing.hashing.Config().set_ignored_paths(paths=[bundle], ignore_git_paths=True)
    model_signing.signing.Config().use_elliptic_key_signer(private_key=private).set_hashing_config(hashing).sign(
        folder, bundle)
    private.unlink()


if __name__ == "__main__":
    verify(*sys.argv[1:]) if len(sys.argv) > 1 else make()
