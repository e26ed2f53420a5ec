def render(r): return str(r)[:3000]
