from faultline.api import Diagnosis as Diagnosis
from faultline.api import diagnose as diagnose
from faultline.api import load as load

__version__: str
