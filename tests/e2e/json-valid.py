#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""json-valid.py SCHEMA DEFINITION: every JSON document on standard input is one of these."""
import json
import sys

import jsonschema

schema_file, definition = sys.argv[1:]
with open(schema_file, encoding='utf-8') as file:
    schema = json.load(file)
schema['$ref'] = '#/definitions/' + definition
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

text = sys.stdin.read()
decoder = json.JSONDecoder()
position = count = 0
while text[position:].strip():
    position += len(text[position:]) - len(text[position:].lstrip())
    document, position = decoder.raw_decode(text, position)
    validator.validate(document)
    count += 1
if not count:
    sys.exit('no document')
