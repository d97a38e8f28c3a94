from faultline.api import diagnose as diagnose
from faultline.diagnosed import Diagnosis as Diagnosis
from faultline.diagnosed import load as load

__version__: str
