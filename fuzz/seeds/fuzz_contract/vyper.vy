# @version 0.3
@external
def f(): pass
