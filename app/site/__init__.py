"""The application in the page: started by the worker, one document, one tab."""
