import StewardCommandLine
print("steward")
