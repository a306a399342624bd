V = "1"
setup(name='a' "b", version=V, install_requires=["c>=1", *x], extras_require={"d": ["e"], ":os_name=='nt'": ("f",)}, entry_points={'console_scripts': ['g = h:i']}, **k)
