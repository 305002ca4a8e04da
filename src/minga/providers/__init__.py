"""Where models are: providers as data, what each wire says of usage and errors. Knows no caller and no price.

Must not decide who may call, and keeps no state between calls. Entry: `catalog.load` and `deployments.Deployments`.
"""
