print("smpo")
