"""The score of records: the index in RAM, exact ranking, and FAISS index kinds for documents."""
