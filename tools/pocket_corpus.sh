# The corpora of the built-in model, for tools/pocket.sh and tools/pocket_demo.sh.
corpus=first,people=384,core=48,requests=1800,unknown=3000,identity=800
chat_corpus=first-chat,people=384,core=48,questions=8,requests=1800,unknown=2000,identity=800,talk=85
more_corpus=first-chat,people=384,core=48,questions=10,requests=1800,unknown=1500,identity=400,talk=95,share=8
last_corpus=first-chat,people=384,core=48,questions=6,requests=900,unknown=600,identity=300,talk=95,share=6,gaps=no
