#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""publish.py CONFIG MODULES KEY CERTIFICATE DIRECTORY [--tags-of FILE] [--unsigned-for FILE] [--tag T]…

Publishes a build into a directory with nothing of dkms's own: the artifact as docs/fleet.md describes it,
signed by "openssl cms", its tags computed here. Tests of what is refused let it lie:

    --tags-of FILE      the tags are those of this config
    --sign FILE         the signature is over this file
    --signature FILE    the signature is this file
    --tag T             only these tags
Prints the key's id.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys

def digest(data):
    return hashlib.sha256(data).hexdigest()

def tag(word, texts):
    whole = hashlib.sha256()
    for text in [word] + texts:
        whole.update(b"t" + text.encode() + b"\0")
    return word + "-" + whole.hexdigest()

def tags_of(config):
    kernel = [config["kernel"], config["kernel build"], config["arch"]]
    return [tag("b1", [config["source"], config["directives"]] + kernel),
            tag("n1", [config["module"], config["version"]] + kernel)]

def key_id(certificate):
    pem = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem,
                         check=True, capture_output=True).stdout
    return digest(der)[:40]

def sign(path, key, certificate):
    return subprocess.run(["openssl", "cms", "-sign", "-binary", "-md", "sha256", "-outform", "DER",
                           "-in", path, "-inkey", key, "-signer", certificate],
                          check=True, capture_output=True).stdout

class Store:
    def __init__(self, directory, module):
        self.place = os.path.join(directory, "v2", module)
        for name in ("blobs", "manifests"):
            os.makedirs(os.path.join(self.place, name), exist_ok=True)

    def put(self, folder, name, data):
        with open(os.path.join(self.place, folder, name), "wb") as file:
            file.write(data)

    def blob(self, kind, data, title=None):
        self.put("blobs", "sha256:" + digest(data), data)
        descriptor = {"mediaType": "application/vnd.dkms." + kind, "digest": "sha256:" + digest(data),
                      "size": len(data)}
        if title:
            descriptor["annotations"] = {"org.opencontainers.image.title": title}
        return descriptor

def unsigned(data):
    """A module without the signature that it may have."""
    mark = b"~Module signature appended~\n"
    if not data.endswith(mark):
        return data
    trailer = data[-len(mark) - 12:-len(mark)]
    return data[:-len(mark) - 12 - int.from_bytes(trailer[8:], "big")]

def read_module(directory, name):
    for suffix, tool in (("", ["cat"]), (".xz", ["xz", "-dc"]), (".gz", ["gzip", "-dc"]), (".zst", ["zstd", "-dcq"])):
        path = os.path.join(directory, name + suffix)
        if os.path.exists(path):
            return unsigned(subprocess.run(tool + [path], check=True, capture_output=True).stdout)
    sys.exit("no " + name + " in " + directory)

def main():
    parser = argparse.ArgumentParser()
    for name in ("config", "modules", "key", "certificate", "directory"):
        parser.add_argument(name)
    for name in ("--tags-of", "--sign", "--signature"):
        parser.add_argument(name)
    parser.add_argument("--tag", action="append")
    parser.add_argument("--spoil", action="store_true", help="the modules are others than the config names")
    given = parser.parse_args()
    with open(given.config, "rb") as file:
        config_bytes = file.read()
    config = json.loads(config_bytes)
    store = Store(given.directory, config["module"])
    layers = []
    names = [module["name"] for module in config["modules"]]
    if "Module.symvers" in config:
        names.append("Module.symvers")
    for name in names:
        data = read_module(given.modules, name)
        if given.spoil and data:
            data = data[:-1] + bytes([data[-1] ^ 1])
        packed = subprocess.run(["zstd", "-q", "-c"], input=data, check=True, capture_output=True).stdout
        layers.append(store.blob("module.v1+zstd", packed, name))
    signature = open(given.signature, "rb").read() if given.signature else sign(
        given.sign or given.config, given.key, given.certificate)
    layers.append(store.blob("signature.v1+cms", signature))
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "artifactType": "application/vnd.dkms.build.v1",
                "config": store.blob("build.manifest.v1+json", config_bytes), "layers": layers}
    data = json.dumps(manifest).encode()
    publisher = key_id(given.certificate)
    with open(given.tags_of or given.config, "rb") as file:
        tags = tags_of(json.load(file))
    tags += [name + "." + publisher for name in tags]
    for name in (given.tag or tags) + ["sha256:" + digest(data)]:
        store.put("manifests", name, data)
    print(publisher)

main()
